using FluentValidation;

namespace BillingMonolith.Notifications;

/// <summary>The sending of events to others' endpoints; the defaults are those of Standard Webhooks.</summary>
public sealed class WebhooksOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Webhooks";

    // In multiples of the first delay: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h (Standard Webhooks, "Deliverability and reliability").
    private static readonly double[] Multiples = [1, 60, 360, 1440, 3600, 7200, 10080, 14400, 17280];

    /// <summary>Whether endpoints may be in private networks or on this machine, with http allowed. An administrator of endpoints can then reach
    /// every address that this host can.</summary>
    public bool AllowPrivateNetworks { get; set; }

    /// <summary>The delay after the first failed attempt, in seconds.</summary>
    public double FirstDelaySeconds { get; set; } = 5;

    /// <summary>The time limit for an endpoint's answer.</summary>
    public int TimeoutSeconds { get; set; } = 15;

    /// <summary>The time of uninterrupted failures after which an endpoint is disabled.</summary>
    public int DisableAfterDays { get; set; } = 5;

    /// <summary>Deliveries that one host makes at once; 0 = it leaves them to others.</summary>
    public int AtOnce { get; set; } = 16;

    /// <summary>
    /// The delay after this attempt; up to a tenth more, so that deliveries that failed together do not repeat together. Null = it was the last.
    /// </summary>
    public TimeSpan? DelayAfter(int tries, Random random) =>
        tries <= Multiples.Length ? TimeSpan.FromSeconds(FirstDelaySeconds * Multiples[Math.Max(tries, 1) - 1] * (1 + (random.NextDouble() / 10))) : null;
}

/// <summary>The rules for the settings.</summary>
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
