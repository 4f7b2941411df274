using FluentValidation;

namespace BillingMonolith.Host.Http;

/// <summary>The limits of requests per minute before the answer is 429.</summary>
internal sealed class LimitsOptions
{
    public const string Section = "Limits";

    /// <summary>Webhook requests without an authentic signature, per address. Authentic ones do not count.</summary>
    public int WebhookPerMinute { get; set; } = 600;

    /// <summary>Calls of the API, per user.</summary>
    public int ApiPerMinute { get; set; } = 100;

    /// <summary>Purchases, per user.</summary>
    public int PurchasesPerMinute { get; set; } = 10;
}

internal sealed class LimitsOptionsValidator : AbstractValidator<LimitsOptions>
{
    private const int Most = 1_000_000;

    public LimitsOptionsValidator()
    {
        RuleFor(o => o.WebhookPerMinute).InclusiveBetween(1, Most).WithMessage("Limits:WebhookPerMinute must be 1 to 1000000.");
        RuleFor(o => o.ApiPerMinute).InclusiveBetween(1, Most).WithMessage("Limits:ApiPerMinute must be 1 to 1000000.");
        RuleFor(o => o.PurchasesPerMinute).InclusiveBetween(1, Most).WithMessage("Limits:PurchasesPerMinute must be 1 to 1000000.");
    }
}
