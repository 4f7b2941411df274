using System.Text.Json;
using BillingMonolith.SharedKernel;
using Dapper;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Orders;

/// <summary>Writes orders in a command's transaction, and reports each change to the audit log and to the subscribers.</summary>
internal sealed class OrderRows(UnitOfWork work, IMediator mediator)
{
    /// <summary>See <see cref="PaymentLock"/>.</summary>
    public Task LockPaymentsAsync(IEnumerable<string?> payments, bool alone, CancellationToken cancellationToken) =>
        PaymentLock.HoldAsync(work, PaymentLock.Orders, payments, alone, cancellationToken);

    /// <summary>Inserts the orders that are new by their session, and returns the inserted ones.</summary>
    public async Task<List<Order>> InsertAsync(IReadOnlyList<PlaceOrder> steps, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var rows = steps.DistinctBy(s => s.SessionId).OrderBy(s => s.SessionId, StringComparer.Ordinal).ToList();
        var inserted = (await connection.QueryAsync<Guid>(new CommandDefinition("""
            INSERT INTO orders (stripe_session_id, kind, user_id, customer_id, customer_email, customer_name, tier, upgraded_from, cart_id, items, shipping,
                                amount_minor, currency, stripe_payment_intent_id)
            SELECT session, kind, usr, customer, email, name, tier, upgraded, cart, items::jsonb, shipping::jsonb, amount, currency, intent
            FROM unnest(@Sessions, @Kinds, @Users, @Customers, @Emails, @Names, @Tiers, @Upgraded, @Carts, @Items, @Shippings, @Amounts, @Currencies, @Intents)
              AS s (session, kind, usr, customer, email, name, tier, upgraded, cart, items, shipping, amount, currency, intent)
            ON CONFLICT (stripe_session_id) DO NOTHING
            RETURNING id
            """,
            new
            {
                Sessions = rows.ConvertAll(s => s.SessionId),
                Kinds = rows.ConvertAll(s => s.CartId is null ? OrderWork.Dfy : OrderWork.Cart),
                Users = rows.ConvertAll(s => s.UserId),
                Customers = rows.ConvertAll(s => s.CustomerId),
                Emails = rows.ConvertAll(s => s.CustomerEmail),
                Names = rows.ConvertAll(s => s.CustomerName),
                Tiers = rows.ConvertAll(s => s.Tier),
                Upgraded = rows.ConvertAll(s => s.UpgradedFrom),
                Carts = rows.ConvertAll(s => s.CartId),
                Items = rows.ConvertAll(s => JsonSerializer.Serialize(s.Items)),
                Shippings = rows.ConvertAll(s => s.Shipping is null ? null : JsonSerializer.Serialize(s.Shipping)),
                Amounts = rows.ConvertAll(s => s.AmountMinor),
                Currencies = rows.ConvertAll(s => s.Currency),
                Intents = rows.ConvertAll(s => s.StripePaymentIntentId),
            },
            cancellationToken: cancellationToken))).ToArray();
        if (inserted.Length == 0) return [];
        var db = await work.ContextAsync<OrdersContext>(cancellationToken);
        return await db.Orders.Where(o => inserted.Contains(o.Id)).OrderBy(o => o.Id).ToListAsync(cancellationToken);
    }

    /// <summary>An order by its id or by its number, locked until the command ends; null when there is none.</summary>
    public async Task<Order?> LockAsync(string order, CancellationToken cancellationToken) =>
        await OrderReader.LockAsync(await work.ContextAsync<OrdersContext>(cancellationToken), order, cancellationToken);

    /// <summary>Writes the fields of an order that may change, reports the change, and returns the order as it is now.</summary>
    public async Task<Order> WriteAsync(Order before, Order after, string action, string cause, CancellationToken cancellationToken)
    {
        var db = await work.ContextAsync<OrdersContext>(cancellationToken);
        var now = await db.WriteAsync(before, after, cancellationToken);
        work.Record(new AuditEntry(action, "order", now.OrderIdentifier, cause)
        {
            UserId = now.UserId,
            Metadata = new { before = Facts(before), after = Facts(now) },
        });
        await mediator.Publish(new OrderChanged(now, before, cause), cancellationToken);
        return now;
    }

    private static object Facts(Order o) => new
    {
        status = o.Status, work_status = o.WorkStatus, refunded_minor = o.RefundedMinor, currency = o.Currency, dispute = o.Dispute, deadline = o.Deadline,
        revisions_left = o.RevisionsLeft, files_url = o.FilesUrl, final_package_url = o.FinalPackageUrl, checklist_status = o.ChecklistStatus,
        upgraded_from = o.UpgradedFrom,
    };
}
