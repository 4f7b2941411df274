using BillingMonolith.SharedKernel;
using Dapper;
using Npgsql;

namespace BillingMonolith.Billing;

/// <summary>The table <c>billing_subscriptions</c>: a row is the newest applied command, with the plan that Lago bills because of it.</summary>
internal static class SubscriptionRows
{
    private const string Columns = """
        SELECT subscription_id AS SubscriptionId, user_id AS UserId, customer_id AS CustomerId, tier_id AS TierId, billing_cycle AS Cycle, status,
               amount_minor AS AmountMinor, currency AS Currency, current_period_end AS CurrentPeriodEnd, cancel_at_period_end AS CancelAtPeriodEnd,
               cancel_at AS CancelAt, ended_at AS EndedAt, lago_plan_code AS LagoPlanCode, as_of AS AsOf, as_of_rank AS AsOfRank
        FROM billing_subscriptions WHERE subscription_id = @id
        """;

    private const string Insert = """
        INSERT INTO billing_subscriptions (subscription_id, user_id, customer_id, tier_id, billing_cycle, status, amount_minor, currency, current_period_end,
          cancel_at_period_end, cancel_at, ended_at, lago_plan_code, as_of, as_of_rank)
        VALUES (@SubscriptionId, @UserId, @CustomerId, @TierId, @Cycle, @Status, @AmountMinor, @Currency, @CurrentPeriodEnd,
          @CancelAtPeriodEnd, @CancelAt, @EndedAt, @LagoPlanCode, @AsOf, @AsOfRank)
        ON CONFLICT (subscription_id) DO NOTHING
        """;

    // The monotonic guard: a state older than the row changes nothing.
    private const string Update = """
        UPDATE billing_subscriptions SET user_id = @UserId, customer_id = @CustomerId, tier_id = @TierId, billing_cycle = @Cycle, status = @Status,
          amount_minor = @AmountMinor, currency = @Currency, current_period_end = @CurrentPeriodEnd, cancel_at_period_end = @CancelAtPeriodEnd,
          cancel_at = @CancelAt, ended_at = @EndedAt, lago_plan_code = @LagoPlanCode,
          as_of = @AsOf, as_of_rank = @AsOfRank, updated_at = now()
        WHERE subscription_id = @SubscriptionId AND (as_of, as_of_rank) <= (@AsOf, @AsOfRank)
        """;

    // Provisioning is SQL, because EF Core's first query in a new process may take longer than a short lease.
    public static Task<SubscriptionRow?> FindAsync(NpgsqlConnection open, string subscriptionId, CancellationToken cancellationToken) =>
        open.QuerySingleOrDefaultAsync<SubscriptionRow>(new CommandDefinition(Columns, new { id = subscriptionId }, cancellationToken: cancellationToken));

    /// <summary>Writes the row and, when it says something new, one audit entry. False: a newer row is stored, and nothing was written.</summary>
    public static async Task<bool> SaveAsync(UnitOfWork work, SyncSubscription wanted, string? lagoPlanCode, CancellationToken cancellationToken)
    {
        var row = SubscriptionRow.Of(wanted, lagoPlanCode);
        var open = await work.OpenAsync(cancellationToken);
        if (await open.ExecuteAsync(new CommandDefinition(Insert, row, cancellationToken: cancellationToken)) == 1)
        {
            work.Record(Entry("subscription.created", wanted, before: null, row));
            return true;
        }

        var before = await open.QuerySingleAsync<SubscriptionRow>(
            new CommandDefinition($"{Columns} FOR UPDATE", new { id = wanted.SubscriptionId }, cancellationToken: cancellationToken));
        if (await open.ExecuteAsync(new CommandDefinition(Update, row, cancellationToken: cancellationToken)) == 0) return false;

        var action = row.Status == "canceled" && before.Status != "canceled" ? "subscription.cancelled" : "subscription.updated";
        if (!row.SaysTheSameAs(before)) work.Record(Entry(action, wanted, before, row));
        return true;
    }

    private static AuditEntry Entry(string action, SyncSubscription wanted, SubscriptionRow? before, SubscriptionRow after) =>
        new(action, "subscription", wanted.SubscriptionId, wanted.Cause) { UserId = wanted.UserId, Metadata = new { before, after } };
}
