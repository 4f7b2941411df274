using FluentValidation;

namespace BillingMonolith.Host.Reconcile;

/// <summary>When the reconciler runs by itself, and how far it may go.</summary>
internal sealed class ReconcileOptions
{
    public const string Section = "Reconcile";
    public const int MostDays = 30; // so far back Stripe lists events

    /// <summary>One host of all runs it so often; 0 = nobody does by itself.</summary>
    public double EveryHours { get; set; } = 24;
    /// <summary>How far back a run of its own looks.</summary>
    public double SinceDays { get; set; } = 3;
    /// <summary>Whether a run of its own also repairs drift; without it drift is reported. Events that were missed are taken in always.</summary>
    public bool Apply { get; set; }
    /// <summary>A run that would change a greater share of what it compared repairs nothing: then it is rather the comparison that is wrong.</summary>
    public double MaxShare { get; set; } = 0.1;
    /// <summary>So many may be changed whatever their share.</summary>
    public int Floor { get; set; } = 5;
    /// <summary>Requests to Stripe per second, of the 25 (test mode) or 100 that an account has for everything.</summary>
    public int StripePerSecond { get; set; } = 20;
    /// <summary>Subjects that are compared at once.</summary>
    public int Parallel { get; set; } = 4;
    /// <summary>After so long without a word from its process a run is continued by whoever asks next.</summary>
    public int LeaseSeconds { get; set; } = 60;

    public TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);
}

internal sealed class ReconcileOptionsValidator : AbstractValidator<ReconcileOptions>
{
    public ReconcileOptionsValidator()
    {
        RuleFor(o => o.EveryHours).InclusiveBetween(0, 24 * 7).WithMessage("Reconcile:EveryHours must be 0 (never) to 168.");
        RuleFor(o => o.SinceDays).InclusiveBetween(0.01, ReconcileOptions.MostDays).WithMessage("Reconcile:SinceDays must be 0.01 to 30: no more is kept.");
        RuleFor(o => o.MaxShare).InclusiveBetween(0, 1).WithMessage("Reconcile:MaxShare must be 0 to 1.");
        RuleFor(o => o.Floor).InclusiveBetween(0, 1000).WithMessage("Reconcile:Floor must be 0 to 1000.");
        RuleFor(o => o.StripePerSecond).InclusiveBetween(1, 100).WithMessage("Reconcile:StripePerSecond must be 1 to 100.");
        RuleFor(o => o.Parallel).InclusiveBetween(1, 16).WithMessage("Reconcile:Parallel must be 1 to 16.");
        RuleFor(o => o.LeaseSeconds).InclusiveBetween(1, 3600).WithMessage("Reconcile:LeaseSeconds must be 1 to 3600.");
    }
}
