using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Orders;

/// <summary>Places the order of a checkout session that is paid, or had nothing to pay: once per session, for the first caller.</summary>
/// <param name="Cause">The event, or the request of the buyer who returned from the checkout.</param>
/// <param name="SessionId">The checkout session, the business key of an order.</param>
[StepKind("orders.place-order", "PlaceOrder")]
public sealed record PlaceOrder(string Cause, string SessionId) : OrderContents, ILocalStep;

internal sealed class PlaceOrderValidator : AbstractValidator<PlaceOrder>
{
    public PlaceOrderValidator()
    {
        RuleFor(s => s.AmountMinor).GreaterThanOrEqualTo(0).WithMessage("The session was paid with less than nothing. Look at it in Stripe's dashboard.");
        RuleFor(s => s.Currency).Matches(@"^[a-z]{3}\z").WithMessage("The session has no currency. Look at it in Stripe's dashboard.");
    }
}

internal sealed class PlaceOrderHandler(OrderRows rows, OrderMarks marks, UnitOfWork work, IMediator mediator)
    : IRequestHandler<StepSet<PlaceOrder>, IReadOnlyList<Outcome>>
{
    public async Task<IReadOnlyList<Outcome>> Handle(StepSet<PlaceOrder> set, CancellationToken cancellationToken)
    {
        await rows.LockPaymentsAsync(set.Steps.Select(s => s.StripePaymentIntentId), alone: false, cancellationToken);
        var causes = set.Steps.DistinctBy(s => s.SessionId).ToDictionary(s => s.SessionId, s => s.Cause);
        var placed = await rows.InsertAsync(set.Steps, cancellationToken);
        foreach (var order in placed)
        {
            var cause = causes[order.StripeSessionId];
            work.Record(new AuditEntry("order.created", "order", order.OrderIdentifier, cause)
            {
                UserId = order.UserId,
                Metadata = new
                {
                    kind = order.Kind, session = order.StripeSessionId, tier = order.Tier, cart = order.CartId, items = order.Items.Count,
                    amount_minor = order.AmountMinor, currency = order.Currency,
                },
            });
            await mediator.Publish(new OrderPlaced(order, cause), cancellationToken);
        }

        // Refunds and disputes may have been recorded before the order.
        await marks.FollowAsync(placed, o => causes[o.StripeSessionId], cancellationToken);
        return [.. set.Steps.Select(_ => Outcome.Done)];
    }
}
