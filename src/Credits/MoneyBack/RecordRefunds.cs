using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Credits;

/// <summary>Records refunds, and claws back or restores the credits that were bought with the money.</summary>
/// <param name="Cause">The event.</param>
/// <param name="Refunds">One for an event about a refund; all refunds of the charge for an event about the charge.</param>
[StepKind("credits.record-refunds", "RecordRefunds")]
public sealed record RecordRefunds(string Cause, IReadOnlyList<RefundFact> Refunds) : ILocalStep;

internal sealed class RecordRefundsValidator : AbstractValidator<RecordRefunds>
{
    public RecordRefundsValidator()
    {
        RuleFor(s => s.Refunds).NotEmpty().WithMessage("Stripe lists no refund of this charge. Look at the charge in Stripe's dashboard, then replay.");
        RuleForEach(s => s.Refunds).ChildRules(refund =>
        {
            refund.RuleFor(r => r.AmountMinor).GreaterThan(0).WithMessage("A refund of nothing, or of less. Look at it in Stripe's dashboard.");
            refund.RuleFor(r => r.Currency).Length(3);
        });
    }
}

internal sealed class RecordRefundsHandler(Clawbacks clawbacks) : IRequestHandler<StepSet<RecordRefunds>, IReadOnlyList<Outcome>>
{
    public Task<IReadOnlyList<Outcome>> Handle(StepSet<RecordRefunds> set, CancellationToken cancellationToken) =>
        clawbacks.RecordAsync([.. set.Steps.Select(s => new Said(s.Cause, s.Refunds))], cancellationToken);
}
