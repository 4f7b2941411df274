using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Orders;

/// <summary>Keeps what is known of refunds and disputes, and marks the orders of their payments.</summary>
/// <param name="Cause">The event.</param>
/// <param name="Facts">One for an event about a refund or a dispute, all refunds for one about a charge.</param>
[StepKind("orders.mark-orders", "MarkOrders")]
public sealed record MarkOrders(string Cause, IReadOnlyList<OrderMoneyFact> Facts) : ILocalStep;

internal sealed class MarkOrdersValidator : AbstractValidator<MarkOrders>
{
    public MarkOrdersValidator()
    {
        RuleFor(s => s.Facts).NotEmpty().WithMessage("Stripe lists no refund of this charge. Look at the charge in Stripe's dashboard, then replay.");
        RuleForEach(s => s.Facts).ChildRules(fact =>
        {
            fact.RuleFor(f => f.AmountMinor).GreaterThan(0).WithMessage("A refund or dispute of nothing, or of less. Look at it in Stripe's dashboard.");
            fact.RuleFor(f => f.Currency).Length(3);
        });
    }
}

internal sealed class MarkOrdersHandler(OrderRows rows, OrderMarks marks, UnitOfWork work)
    : IRequestHandler<StepSet<MarkOrders>, IReadOnlyList<Outcome>>
{
    public async Task<IReadOnlyList<Outcome>> Handle(StepSet<MarkOrders> set, CancellationToken cancellationToken)
    {
        var said = set.Steps.SelectMany(s => s.Facts.Select(f => (Fact: f, s.Cause))).ToList();
        string[] payments = [.. said.Select(s => s.Fact.PaymentIntentId).Distinct()];
        await rows.LockPaymentsAsync(payments, alone: true, cancellationToken);
        var known = (await marks.FactsAsync(payments, cancellationToken)).ToDictionary(f => f.Id);
        var causes = new Dictionary<string, string>();
        foreach (var (fact, cause) in said)
        {
            if (known.TryGetValue(fact.Id, out var before) && !fact.Supersedes(before)) continue;
            known[fact.Id] = fact;
            causes[fact.PaymentIntentId] = cause;
        }

        await marks.KeepAsync([.. said.Select(s => known[s.Fact.Id]).Distinct()], cancellationToken);
        if (causes.Count > 0)
        {
            var db = await work.ContextAsync<OrdersContext>(cancellationToken);
            var orders = await db.Orders.FromSql(
                $"SELECT * FROM orders WHERE stripe_payment_intent_id = ANY ({causes.Keys.ToArray()}) ORDER BY id FOR UPDATE").ToListAsync(cancellationToken);
            await marks.FollowAsync(orders, o => causes[o.StripePaymentIntentId!], cancellationToken);
        }

        return [.. set.Steps.Select(_ => Outcome.Done)];
    }
}

/// <summary>The facts of payments, and the order marks that follow from them.</summary>
internal sealed class OrderMarks(OrderRows rows, UnitOfWork work)
{
    private static readonly (OrderMoneyState State, string Word)[] Words =
    [
        (OrderMoneyState.RefundPending, "refund_pending"), (OrderMoneyState.Refunded, "refunded"), (OrderMoneyState.RefundFailed, "refund_failed"),
        (OrderMoneyState.Inquiry, "inquiry"), (OrderMoneyState.Disputed, "disputed"), (OrderMoneyState.DisputeLost, "dispute_lost"),
        (OrderMoneyState.DisputeClosed, "dispute_closed"),
    ];

    /// <summary>The known facts of these payments.</summary>
    public async Task<IReadOnlyList<OrderMoneyFact>> FactsAsync(IReadOnlyCollection<string> payments, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        return [.. (await connection.QueryAsync<(string Id, string Payment, long Amount, string Currency, string State, DateTime AsOf)>(new CommandDefinition(
                "SELECT id, payment_intent_id, amount_minor, currency, state, as_of FROM order_money_facts WHERE payment_intent_id = ANY (@Payments)",
                new { Payments = payments.ToArray() }, cancellationToken: cancellationToken)))
            .Select(f => new OrderMoneyFact(f.Id, f.Payment, f.Amount, f.Currency, Words.Single(w => w.Word == f.State).State, new DateTimeOffset(f.AsOf)))];
    }

    /// <summary>The facts themselves have decided which one is newer, under the payment's lock.</summary>
    public async Task KeepAsync(IReadOnlyList<OrderMoneyFact> facts, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            INSERT INTO order_money_facts AS f (id, payment_intent_id, amount_minor, currency, state, as_of)
            SELECT * FROM unnest(@Ids, @Payments, @Amounts, @Currencies, @States, @AsOfs)
            ON CONFLICT (id) DO UPDATE SET amount_minor = excluded.amount_minor, state = excluded.state, as_of = excluded.as_of, updated_at = now()
            WHERE (f.amount_minor, f.state, f.as_of) <> (excluded.amount_minor, excluded.state, excluded.as_of)
            """,
            new
            {
                Ids = facts.Select(f => f.Id).ToArray(),
                Payments = facts.Select(f => f.PaymentIntentId).ToArray(),
                Amounts = facts.Select(f => f.AmountMinor).ToArray(),
                Currencies = facts.Select(f => f.Currency).ToArray(),
                States = facts.Select(f => Words.Single(w => w.State == f.State).Word).ToArray(),
                AsOfs = facts.Select(f => f.AsOf.UtcDateTime).ToArray(),
            },
            cancellationToken: cancellationToken));
    }

    /// <summary>Marks orders as their facts say. This command holds the locks of their payments and rows.</summary>
    public async Task FollowAsync(IReadOnlyList<Order> orders, Func<Order, string> causeOf, CancellationToken cancellationToken)
    {
        string[] payments = [.. orders.Select(o => o.StripePaymentIntentId).OfType<string>()];
        if (payments.Length == 0) return;
        var facts = (await FactsAsync(payments, cancellationToken)).ToLookup(f => f.PaymentIntentId);
        foreach (var order in orders.Where(o => o.StripePaymentIntentId is not null))
        {
            var money = OrderMoney.Of(order.AmountMinor, order.Currency, facts[order.StripePaymentIntentId!]);
            if (money == new OrderMoney(order.RefundedMinor, order.Dispute)) continue;
            var action = money.RefundedMinor != order.RefundedMinor ? "order.refunded" : "order.disputed";
            var marked = order with { RefundedMinor = money.RefundedMinor, Dispute = money.Dispute };
            await rows.WriteAsync(order, marked, action, causeOf(order), cancellationToken);
        }
    }
}
