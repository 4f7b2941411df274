using FluentValidation;

namespace BillingMonolith.Host.Inbox;

/// <summary>How the inbox works; the defaults suit production.</summary>
internal sealed class InboxOptions
{
    public const string Section = "Inbox";

    /// <summary>Workers of the local lane in this host; 0 = this host takes events in and leaves the work to others.</summary>
    public int LocalWorkers { get; set; } = 1;
    /// <summary>Events of the remote lane that run at once in this host; 0 = none.</summary>
    public int RemoteEvents { get; set; } = 12;
    /// <summary>Steps of the local lane per claim.</summary>
    public int Batch { get; set; } = 200;
    public int LeaseSeconds { get; set; } = 30;
    public int PollSeconds { get; set; } = 5;
    /// <summary>After so many tries a step is parked for an operator. With the delays below: after three days and a half, longer than Stripe itself tries.</summary>
    public int MaxAttempts { get; set; } = 95;
    public double FirstDelaySeconds { get; set; } = 2;
    public double MaxDelaySeconds { get; set; } = 3600;
    /// <summary>From this try on, an event whose subscription cannot be fetched from Stripe is carried out from its payload.</summary>
    public int PayloadFallbackAttempt { get; set; } = 4;

    public TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);
    /// <summary>A step gives up before its lease does.</summary>
    public TimeSpan StepTimeout => Lease * 0.8;
}

internal sealed class InboxOptionsValidator : AbstractValidator<InboxOptions>
{
    public InboxOptionsValidator()
    {
        RuleFor(o => o.LocalWorkers).InclusiveBetween(0, 16).WithMessage("Inbox:LocalWorkers must be 0 to 16.");
        RuleFor(o => o.RemoteEvents).InclusiveBetween(0, 16).WithMessage("Inbox:RemoteEvents must be 0 to 16: each may hold two connections.");
        RuleFor(o => o.Batch).InclusiveBetween(1, 1000).WithMessage("Inbox:Batch must be 1 to 1000.");
        RuleFor(o => o.LeaseSeconds).InclusiveBetween(1, 600).WithMessage("Inbox:LeaseSeconds must be 1 to 600.");
        RuleFor(o => o.PollSeconds).InclusiveBetween(1, 60).WithMessage("Inbox:PollSeconds must be 1 to 60.");
        RuleFor(o => o.MaxAttempts).InclusiveBetween(1, 1000).WithMessage("Inbox:MaxAttempts must be 1 to 1000.");
        RuleFor(o => o.FirstDelaySeconds).InclusiveBetween(0.01, 60).WithMessage("Inbox:FirstDelaySeconds must be 0.01 to 60.");
        RuleFor(o => o.MaxDelaySeconds).InclusiveBetween(0.01, 86400).WithMessage("Inbox:MaxDelaySeconds must be 0.01 to 86400.");
    }
}
