using FluentValidation;

namespace BillingMonolith.Notifications;

/// <summary>How what happened is told to the endpoints of others; the defaults are those of Standard Webhooks.</summary>
public sealed class WebhooksOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Webhooks";

    // In multiples of the first delay: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h (Standard Webhooks, "Deliverability and reliability").
    private static readonly double[] Multiples = [1, 60, 360, 1440, 3600, 7200, 10080, 14400, 17280];

    /// <summary>Whether endpoints may be in private networks or on this machine, where http will do. Who may write an endpoint's address can then reach
    /// whatever this host can.</summary>
    public bool AllowPrivateNetworks { get; set; }

    /// <summary>The wait after the first failed try, in seconds.</summary>
    public double FirstDelaySeconds { get; set; } = 5;

    /// <summary>How long an endpoint may take to answer.</summary>
    public int TimeoutSeconds { get; set; } = 15;

    /// <summary>After so long with nothing but failures an endpoint is disabled.</summary>
    public int DisableAfterDays { get; set; } = 5;

    /// <summary>Deliveries that one host makes at once; 0 = it leaves them to others.</summary>
    public int AtOnce { get; set; } = 16;

    /// <summary>
    /// How long to wait after this try; up to a tenth more, so that deliveries that failed together do not come together. Null = it was the last.
    /// </summary>
    public TimeSpan? DelayAfter(int tries, Random random) =>
        tries <= Multiples.Length ? TimeSpan.FromSeconds(FirstDelaySeconds * Multiples[Math.Max(tries, 1) - 1] * (1 + (random.NextDouble() / 10))) : null;
}

/// <summary>What the settings may be.</summary>
public sealed class WebhooksOptionsValidator : AbstractValidator<WebhooksOptions>
{
    /// <summary>Each rule names its setting.</summary>
    public WebhooksOptionsValidator()
    {
        RuleFor(o => o.FirstDelaySeconds).InclusiveBetween(0.001, 60).WithMessage("Webhooks:FirstDelaySeconds must be 0.001 to 60.");
        RuleFor(o => o.TimeoutSeconds).InclusiveBetween(1, 20).WithMessage("Webhooks:TimeoutSeconds must be 1 to 20.");
        RuleFor(o => o.DisableAfterDays).InclusiveBetween(1, 365).WithMessage("Webhooks:DisableAfterDays must be 1 to 365.");
        RuleFor(o => o.AtOnce).InclusiveBetween(0, 64).WithMessage("Webhooks:AtOnce must be 0 to 64.");
    }
}
