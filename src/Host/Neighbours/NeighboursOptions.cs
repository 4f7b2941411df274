using FluentValidation;

namespace BillingMonolith.Host.Neighbours;

/// <summary>The limits of calls to neighbours; configuration section <c>Neighbours</c>.</summary>
internal sealed class NeighboursOptions
{
    public const string Section = "Neighbours";

    /// <summary>The largest answer that is read, in bytes. A larger one is a transient failure, like no answer.</summary>
    public int MaxAnswerBytes { get; set; } = 1024 * 1024;
}

internal sealed class NeighboursOptionsValidator : AbstractValidator<NeighboursOptions>
{
    // A realm's keys or a hundred plans of Lago need at least this; above the maximum, a few answers at once would fill a container.
    private const int Least = 64 * 1024;
    private const int Most = 64 * 1024 * 1024;

    public NeighboursOptionsValidator() =>
        RuleFor(o => o.MaxAnswerBytes).InclusiveBetween(Least, Most).WithMessage($"Neighbours:MaxAnswerBytes must be {Least} to {Most} bytes.");
}
