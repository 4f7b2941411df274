using BillingMonolith.Audit;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Billing;

/// <summary>
/// Places the order of a checkout session that is paid, or had nothing to pay; once per session, whoever asks first. Amounts are minor units of
/// <see cref="Currency"/>.
/// </summary>
/// <param name="Cause">The event, or the request of the buyer who came back.</param>
/// <param name="SessionId">The checkout session, the business key of an order.</param>
public sealed record PlaceOrder(string Cause, string SessionId) : ILocalStep
{
    /// <summary>The buyer's Keycloak user id; null for a guest.</summary>
    public string? UserId { get; init; }
    /// <summary>The buyer at Stripe; null for a guest.</summary>
    public string? CustomerId { get; init; }
    /// <summary>As typed.</summary>
    public string? CustomerEmail { get; init; }
    /// <summary>As typed.</summary>
    public string? CustomerName { get; init; }
    /// <summary>For work that is done for the buyer: <c>PLAN</c> or <c>PLAN_TERM</c>.</summary>
    public string? Tier { get; init; }
    /// <summary>What it was before, when it is an upgrade.</summary>
    public string? UpgradedFrom { get; init; }
    /// <summary>The shop's cart; null = work that is done for the buyer.</summary>
    public string? CartId { get; init; }
    /// <summary>What was sold.</summary>
    public IReadOnlyList<OrderItem> Items { get; init; } = [];
    /// <summary>Where the goods go.</summary>
    public OrderShipping? Shipping { get; init; }
    /// <summary>What was paid.</summary>
    public long AmountMinor { get; init; }
    /// <summary>ISO code, lower case.</summary>
    public string Currency { get; init; } = "";
    /// <summary>Null when nothing had to be paid.</summary>
    public string? PaymentIntentId { get; init; }
}

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
        await rows.LockPaymentsAsync(set.Steps.Select(s => s.PaymentIntentId), alone: false, cancellationToken);
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

        // What came back of the money may have been known before the order was.
        await marks.FollowAsync(placed, o => causes[o.StripeSessionId], cancellationToken);
        return [.. set.Steps.Select(_ => Outcome.Done)];
    }
}
