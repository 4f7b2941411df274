using System.Text;
using FluentValidation;

namespace BillingMonolith.Host.Neighbours;

/// <summary>This host's settings for Stripe.</summary>
internal sealed class StripeOptions
{
    public const string Section = "Stripe";

    /// <summary><c>sk_…</c> or <c>rk_…</c>; its mode (test or live) is the mode of this host.</summary>
    public string? SecretKey { get; set; }
    /// <summary>One secret, or several separated by commas.</summary>
    public string? WebhookSecret { get; set; }
    /// <summary>The credits endpoint of deployments that had one of its own.</summary>
    public string? WebhookSecretCredits { get; set; }
    /// <summary>More secrets, one per entry.</summary>
    public IList<string> WebhookSecrets { get; set; } = [];
    public string ApiBase { get; set; } = "https://api.stripe.com";
    /// <summary>With several products on one Stripe account: objects whose metadata.suite names another are ignored.</summary>
    public string? Suite { get; set; }
    public int ToleranceSeconds { get; set; } = 300;
    /// <summary>A file with the addresses that webhooks may come from, as Stripe publishes it; without it every address may send them.</summary>
    public string? SourcesFile { get; set; }

    public bool IsLive => SecretKey?.Contains("_live_", StringComparison.Ordinal) == true;

    /// <summary>Whether an object belongs to another product on the same account, by its metadata; one that names none is ours.</summary>
    public bool IsOthers(IReadOnlyDictionary<string, string> metadata) =>
        Suite is { Length: > 0 } suite && metadata.TryGetValue("suite", out var other) && other != suite;

    /// <summary>Every configured secret, including blank ones, because the validator checks them.</summary>
    public IReadOnlyList<string> AllWebhookSecrets =>
        [.. new[] { WebhookSecret, WebhookSecretCredits }.OfType<string>().SelectMany(s => s.Split(',')).Concat(WebhookSecrets).Select(s => s.Trim())];

    public IReadOnlyList<byte[]> SecretBytes => [.. AllWebhookSecrets.Select(Encoding.UTF8.GetBytes)];
}

internal sealed class StripeOptionsValidator : AbstractValidator<StripeOptions>
{
    private static readonly string[] Placeholders = ["whsec_placeholder", "whsec_xxx", "whsec_...", "whsec_", "changeme"];

    /// <param name="serves">False for a command that receives no webhooks, and may run before there is a secret.</param>
    public StripeOptionsValidator(bool serves = true)
    {
        RuleFor(o => o.SecretKey).Must(k => k is not null && (k.StartsWith("sk_", StringComparison.Ordinal) || k.StartsWith("rk_", StringComparison.Ordinal)))
            .WithMessage("Stripe:SecretKey is missing or no secret key (sk_… or rk_…). "
                + "Set Stripe__SecretKey (or STRIPE_SECRET_KEY) to a key from Stripe's dashboard, Developers, API keys.");
        RuleFor(o => o.AllWebhookSecrets).NotEmpty().When(_ => serves).OverridePropertyName("WebhookSecret")
            .WithMessage("Stripe:WebhookSecret is missing. "
                + "Set Stripe__WebhookSecret (or STRIPE_WEBHOOK_SECRET) to the signing secret (whsec_…) of the webhook endpoint.");
        RuleForEach(o => o.AllWebhookSecrets).Must(IsSecret).OverridePropertyName("WebhookSecret")
            .WithMessage("Stripe:WebhookSecret holds a blank or placeholder secret: anybody could sign with it. "
                + "Set Stripe__WebhookSecret (or STRIPE_WEBHOOK_SECRET) to the endpoint's own.");
        RuleFor(o => o.ApiBase).Must(u => Uri.TryCreate(u, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
            .WithMessage("Stripe:ApiBase must be an absolute http(s) address; leave it out for Stripe itself.");
        RuleFor(o => o.ToleranceSeconds).InclusiveBetween(1, 3600).WithMessage("Stripe:ToleranceSeconds must be 1 to 3600.");
    }

    private static bool IsSecret(string secret) => secret.Length >= 16 && !Placeholders.Contains(secret, StringComparer.OrdinalIgnoreCase);
}
