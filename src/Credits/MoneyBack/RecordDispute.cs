using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Credits;

/// <summary>
/// Records a dispute. While it is open, the rest of the credits bought with the money is frozen. When it is lost, they are
/// clawed back; when it is closed otherwise, they are free again.
/// </summary>
/// <param name="Cause">The event.</param>
/// <param name="Dispute">As the event has it.</param>
[StepKind("credits.record-dispute", "RecordDispute")]
public sealed record RecordDispute(string Cause, DisputeFact Dispute) : ILocalStep;

internal sealed class RecordDisputeValidator : AbstractValidator<RecordDispute>
{
    public RecordDisputeValidator()
    {
        RuleFor(s => s.Dispute.AmountMinor).GreaterThan(0).WithMessage("A dispute about nothing, or about less. Look at it in Stripe's dashboard.");
        RuleFor(s => s.Dispute.Currency).Length(3);
    }
}

internal sealed class RecordDisputeHandler(Clawbacks clawbacks) : IRequestHandler<StepSet<RecordDispute>, IReadOnlyList<Outcome>>
{
    public Task<IReadOnlyList<Outcome>> Handle(StepSet<RecordDispute> set, CancellationToken cancellationToken) =>
        clawbacks.RecordAsync([.. set.Steps.Select(s => new Said(s.Cause, [s.Dispute]))], cancellationToken);
}
