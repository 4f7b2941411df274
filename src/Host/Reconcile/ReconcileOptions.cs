using FluentValidation;

namespace BillingMonolith.Host.Reconcile;

/// <summary>The schedule and the limits of the reconciler.</summary>
internal sealed class ReconcileOptions
{
    public const string Section = "Reconcile";
    public const int MostDays = 30; // Stripe lists events so far back

    /// <summary>The interval of scheduled runs, each by one host of all; 0 = none.</summary>
    public double EveryHours { get; set; } = 24;
    /// <summary>The range of events that a scheduled run reads.</summary>
    public double SinceDays { get; set; } = 3;
    /// <summary>Whether a scheduled run also repairs drift; without it drift is reported. Missed events are always stored.</summary>
    public bool Apply { get; set; }
    /// <summary>A run that would change a greater share of the compared subjects repairs nothing, because then the comparison is probably wrong.</summary>
    public double MaxShare { get; set; } = 0.1;
    /// <summary>So many may be changed whatever their share.</summary>
    public int Floor { get; set; } = 5;
    /// <summary>Requests to Stripe per second, of the 25 (test mode) or 100 that an account has for everything.</summary>
    public int StripePerSecond { get; set; } = 20;
    /// <summary>The number of subjects that are compared at once.</summary>
    public int Parallel { get; set; } = 4;
    /// <summary>The silence of a run's process after which the next request continues the run.</summary>
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
