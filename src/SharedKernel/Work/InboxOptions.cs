using FluentValidation;

namespace BillingMonolith.SharedKernel;

/// <summary>How the inbox works; the defaults suit production.</summary>
public sealed class InboxOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Inbox";

    /// <summary>Workers of the local lane in this host; 0 = this host only stores events and leaves the work to others.</summary>
    public int LocalWorkers { get; set; } = 1;
    /// <summary>Events of the remote lane that run at once in this host; 0 = none.</summary>
    public int RemoteEvents { get; set; } = 12;
    /// <summary>Steps of the local lane per claim.</summary>
    public int Batch { get; set; } = 200;
    /// <summary>The length of a lease in seconds: how long a host may be silent before another takes its work.</summary>
    public int LeaseSeconds { get; set; } = 30;
    /// <summary>The interval in seconds of the poll for work whose notice was missed.</summary>
    public int PollSeconds { get; set; } = 5;
    /// <summary>On SIGTERM: how long remote steps may take to finish before they are given back; less than the host's 30 s.</summary>
    public int DrainSeconds { get; set; } = 20;
    /// <summary>The number of attempts after which a step is parked for an operator: with these delays after two to three and a half days.</summary>
    public int MaxAttempts { get; set; } = 95;
    /// <summary>The delay after the first failed attempt, in seconds; it doubles with each.</summary>
    public double FirstDelaySeconds { get; set; } = 2;
    /// <summary>The longest delay between attempts, in seconds.</summary>
    public double MaxDelaySeconds { get; set; } = 3600;
    /// <summary>From this attempt on, an event whose subscription cannot be fetched from Stripe is processed from its payload.</summary>
    public int PayloadFallbackAttempt { get; set; } = 4;

    /// <summary>The length of a lease: how long a host may be silent before another takes its work.</summary>
    public TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);
    /// <summary>The time limit of a step, which is shorter than its lease.</summary>
    public TimeSpan StepTimeout => Lease * 0.8;
}

/// <summary>The rules for the settings.</summary>
public sealed class InboxOptionsValidator : AbstractValidator<InboxOptions>
{
    /// <summary>Each rule names its setting.</summary>
    public InboxOptionsValidator()
    {
        RuleFor(o => o.LocalWorkers).InclusiveBetween(0, 16).WithMessage("Inbox:LocalWorkers must be 0 to 16.");
        RuleFor(o => o.RemoteEvents).InclusiveBetween(0, 16).WithMessage("Inbox:RemoteEvents must be 0 to 16: each may hold two connections.");
        RuleFor(o => o.Batch).InclusiveBetween(1, 1000).WithMessage("Inbox:Batch must be 1 to 1000.");
        RuleFor(o => o.LeaseSeconds).InclusiveBetween(1, 600).WithMessage("Inbox:LeaseSeconds must be 1 to 600.");
        RuleFor(o => o.PollSeconds).InclusiveBetween(1, 60).WithMessage("Inbox:PollSeconds must be 1 to 60.");
        RuleFor(o => o.DrainSeconds).InclusiveBetween(1, 25).WithMessage("Inbox:DrainSeconds must be 1 to 25.");
        RuleFor(o => o.MaxAttempts).InclusiveBetween(1, 1000).WithMessage("Inbox:MaxAttempts must be 1 to 1000.");
        RuleFor(o => o.FirstDelaySeconds).InclusiveBetween(0.01, 60).WithMessage("Inbox:FirstDelaySeconds must be 0.01 to 60.");
        RuleFor(o => o.MaxDelaySeconds).InclusiveBetween(0.01, 86400).WithMessage("Inbox:MaxDelaySeconds must be 0.01 to 86400.");
    }
}
