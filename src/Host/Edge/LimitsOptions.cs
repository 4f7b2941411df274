using FluentValidation;

namespace BillingMonolith.Host.Edge;

/// <summary>How much one caller may ask.</summary>
internal sealed class LimitsOptions
{
    public const string Section = "Limits";

    /// <summary>Requests to the API per user and minute.</summary>
    public int ApiPerMinute { get; set; } = 100;

    /// <summary>Purchases per user and minute.</summary>
    public int PurchasesPerMinute { get; set; } = 10;
}

internal sealed class LimitsOptionsValidator : AbstractValidator<LimitsOptions>
{
    public LimitsOptionsValidator()
    {
        RuleFor(o => o.ApiPerMinute).InclusiveBetween(1, 1_000_000).WithMessage("Limits:ApiPerMinute must be 1 to 1000000.");
        RuleFor(o => o.PurchasesPerMinute).InclusiveBetween(1, 1_000_000).WithMessage("Limits:PurchasesPerMinute must be 1 to 1000000.");
    }
}
