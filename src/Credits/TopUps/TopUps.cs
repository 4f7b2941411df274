using BillingMonolith.SharedKernel;
using Dapper;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>The decision that follows from the settings and the facts.</summary>
internal enum TopUpDecision
{
    /// <summary>None: the balance is high enough, or a top-up is open.</summary>
    Nothing,
    /// <summary>Buy the pack.</summary>
    Buy,
    /// <summary>The pack would exceed the cap: report it.</summary>
    OverCap,
    /// <summary>The pack is no longer sold.</summary>
    PackageGone,
}

/// <summary>
/// Starts automatic top-ups, in the transaction that made them due. Every command that takes credits calls <see cref="ConsiderAsync"/> afterwards;
/// for a user without a due top-up that is one index lookup.
/// </summary>
internal sealed class TopUps(UnitOfWork work)
{
    /// <summary>The rule.</summary>
    public static TopUpDecision Decide(TopUpSettings settings, TopUpFacts facts) =>
        settings.State != AutoTopUp.Active || facts.Balance >= settings.Threshold || facts.IsOpen ? TopUpDecision.Nothing
        : facts.PriceMinor is not { } price ? TopUpDecision.PackageGone
        : facts.ChargedMinor + price > settings.MonthlyCapMinor ? TopUpDecision.OverCap
        : TopUpDecision.Buy;

    /// <summary>Starts a top-up if this balance makes one due.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="balance">The balance now.</param>
    /// <param name="cause">For the audit log.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task ConsiderAsync(string userId, long balance, string cause, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        // Locked before the facts are read: of two concurrent calls the second sees the top-up that the first one started.
        var settings = await connection.QuerySingleOrDefaultAsync<TopUpSettings>(new CommandDefinition(
            $"{TopUpSettings.Select} WHERE user_id = @userId AND state = 'active' AND threshold > @balance FOR UPDATE", new { userId, balance },
            cancellationToken: cancellationToken));
        if (settings is null) return;
        var facts = await FactsAsync(connection, settings, cancellationToken);
        switch (Decide(settings, facts))
        {
            case TopUpDecision.Buy: await StartAsync(connection, settings, facts.PriceMinor, cancellationToken); break;
            case TopUpDecision.OverCap: await SayCappedAsync(connection, settings, cause, cancellationToken); break;
            case TopUpDecision.PackageGone: await StopAsync(userId, StopReasons.PackageGone, cause, cancellationToken); break;
            default: break;
        }
    }

    /// <summary>Stops it until its user starts it again, and records the reason. Does nothing when it is stopped, or off.</summary>
    public async Task StopAsync(string userId, string reason, string cause, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var stopped = await connection.ExecuteAsync(new CommandDefinition("""
            UPDATE credit_auto_top_ups SET state = 'stopped', stopped_reason = @reason, updated_at = now() WHERE user_id = @userId AND state = 'active'
            """, new { userId, reason }, cancellationToken: cancellationToken));
        if (stopped == 0) return;
        work.Record(new AuditEntry("credit.auto_topup.stop", "auto_topup", userId, cause)
        {
            UserId = userId, Result = AuditResult.Failure, ErrorMessage = StopReasons.Words[reason], Metadata = new { reason },
        });
    }

    /// <summary>The facts that decide besides the settings.</summary>
    public static Task<TopUpFacts> FactsAsync(NpgsqlConnection connection, TopUpSettings settings, CancellationToken cancellationToken) =>
        connection.QuerySingleAsync<TopUpFacts>(new CommandDefinition("""
            SELECT coalesce((SELECT balance FROM credit_accounts WHERE user_id = @UserId), 0) AS Balance,
              (SELECT r.price_minor FROM credit_packages p JOIN credit_package_prices r USING (package_code)
               WHERE p.package_code = @PackageCode AND p.is_active AND r.currency = @Currency) AS PriceMinor,
              (SELECT coalesce(sum(price_minor), 0)::bigint FROM credit_purchases
               WHERE user_id = @UserId AND kind = 'top_up' AND currency = @Currency AND status <> 'failed' AND created_at >= credit_month()) AS ChargedMinor,
              EXISTS (SELECT FROM credit_purchases WHERE user_id = @UserId AND kind = 'top_up' AND status IN ('pending', 'processing')) AS IsOpen
            """, settings, cancellationToken: cancellationToken));

    // The purchase is written before Stripe is called, so that every payment is known; the queue's trigger wakes a worker at commit.
    private static Task StartAsync(NpgsqlConnection connection, TopUpSettings settings, long? priceMinor, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition("""
            WITH sold AS (
              INSERT INTO credit_purchases (kind, status, user_id, stripe_customer_id,
                                            package_code, package_name, credits, price_minor, currency, expires_after_days)
              SELECT 'top_up', 'pending', @UserId, @StripeCustomerId,
                     p.package_code, p.package_name, p.credits, r.price_minor, r.currency, p.expires_after_days
              FROM credit_packages p JOIN credit_package_prices r USING (package_code)
              WHERE p.package_code = @PackageCode AND r.currency = @Currency AND r.price_minor = @priceMinor
              RETURNING id)
            INSERT INTO credit_top_ups (purchase_id, payment_method_id) SELECT id, @PaymentMethodId FROM sold;
            UPDATE credit_auto_top_ups SET capped_in = NULL WHERE user_id = @UserId AND capped_in IS NOT NULL
            """,
            new { settings.UserId, settings.PackageCode, settings.Currency, settings.StripeCustomerId, settings.PaymentMethodId, priceMinor },
            cancellationToken: cancellationToken));

    private async Task SayCappedAsync(NpgsqlConnection connection, TopUpSettings settings, string cause, CancellationToken cancellationToken)
    {
        var first = await connection.ExecuteAsync(new CommandDefinition(
            "UPDATE credit_auto_top_ups SET capped_in = credit_month() WHERE user_id = @UserId AND capped_in IS DISTINCT FROM credit_month()",
            settings, cancellationToken: cancellationToken));
        if (first == 0) return;
        work.Record(new AuditEntry("credit.auto_topup.capped", "auto_topup", settings.UserId, cause)
        {
            UserId = settings.UserId, Metadata = new { monthly_cap_minor = settings.MonthlyCapMinor, currency = settings.Currency },
        });
    }
}
