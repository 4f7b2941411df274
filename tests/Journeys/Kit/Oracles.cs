using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Lago;

namespace BillingMonolith.Journeys.Kit;

/// <summary>What must hold after any schedule, whatever was done to the hosts, the network and the neighbours.</summary>
internal static class Oracles
{
    /// <param name="journey">After <see cref="Journey.SettleAsync"/>.</param>
    public static async Task HoldAsync(Journey journey)
    {
        await AcknowledgedIsStoredAsync(journey);
        (await journey.CountAsync("inbox_steps WHERE outcome IS NULL")).ShouldBe(0, "I2: every step ends");
        await GrantsFollowPaymentsAsync(journey);
        await MoneyBackFollowsFactsAsync(journey);
        await LedgerAddsUpAsync(journey);
        await EffectsAreAuditedAsync(journey);
        await OrdersFollowSessionsAsync(journey);
        RemoteEndsAreSingle(journey);
        await RemoteEndsAreRightAsync(journey);
        await EachPurchaseHasOneReceiptAsync(journey);
    }

    /// <summary>I9: one Message-ID per purchase that was paid, however often its mail came; none for what was not.</summary>
    private static async Task EachPurchaseHasOneReceiptAsync(Journey journey)
    {
        var receipts = await journey.RowsAsync<string>("SELECT key FROM outbox WHERE kind = 'mail' AND key LIKE 'receipt:%'");
        if (receipts.Count == 0) return; // a world without a mail server
        var paid = await journey.RowsAsync<string>("SELECT 'receipt:' || id FROM credit_purchases WHERE completed_at IS NOT NULL");
        receipts.Order().ShouldBe(paid.Order(), "I9: one receipt per paid purchase");
        var parked = await journey.CountAsync("outbox WHERE key LIKE 'receipt:%' AND parked_at IS NOT NULL");
        journey.World.Mail.Messages.Where(m => m.Subject.StartsWith("Your receipt", StringComparison.Ordinal)).Select(m => m.MessageId).Distinct().Count()
            .ShouldBe(paid.Count - (int)parked, "I9: one Message-ID per purchase");
    }

    /// <summary>I1: every 2xx has a row with the same SHA-256 of the body.</summary>
    private static async Task AcknowledgedIsStoredAsync(Journey journey)
    {
        var stored = (await journey.RowsAsync<(string Id, string Sha256)>("SELECT id, encode(sha256(payload), 'hex') FROM inbox_events")).ToDictionary(e => e.Id, e => e.Sha256);
        var sent = journey.World.Stripe.Events.ToDictionary(e => e.Id, e => StripeRendering.Versions.Select(v => Sha256(e.Bytes(v))).ToList());
        foreach (var delivery in journey.World.Stripe.Deliveries.Where(d => d.Taken))
        {
            stored.ShouldContainKey(delivery.EventId, "I1: acknowledged, so stored");
            sent[delivery.EventId].ShouldContain(stored[delivery.EventId], "I1: stored as it was signed");
        }
    }

    private static string Sha256(byte[] body) => Convert.ToHexStringLower(SHA256.HashData(body));

    /// <summary>I3: one grant per paid session, none for others. I5: credits, amount and currency are the purchase's snapshot.</summary>
    private static async Task GrantsFollowPaymentsAsync(Journey journey)
    {
        (await journey.CountAsync("""
            credit_purchases p LEFT JOIN credit_lots l ON l.source = p.grant_source
            WHERE (p.status IN ('completed', 'refunded', 'disputed')) <> (l.id IS NOT NULL) OR l.amount <> p.credits OR l.user_id <> p.user_id
               OR p.status = 'completed' AND p.amount_paid_minor + p.discount_applied_minor <> p.price_minor
            """)).ShouldBe(0, "I3, I5: grants follow payments and snapshots");
        (await journey.CountAsync("""
            credit_lots l WHERE (SELECT count(*) FROM credit_entries e WHERE e.lots = ARRAY[l.id] AND e.kind IN ('grant', 'restore') AND e.parts = ARRAY[l.amount]) <> 1
            """)).ShouldBe(0, "I3: one grant per lot");
    }

    /// <summary>
    /// I5: what came back of a payment and of the credits follows from its refunds and disputes alone, reckoned here anew; the ledger's entries for it add up
    /// to the same; what is left is frozen while a dispute is open.
    /// </summary>
    private static async Task MoneyBackFollowsFactsAsync(Journey journey) => (await journey.RowsAsync<string>("""
        SELECT concat_ws(' ', p.stripe_checkout_session_id, p.status, refunded_minor, disputed_minor, clawed_credits, 'facts:', r.minor, d.lost, d.open, 'ledger:', e.taken)
        FROM credit_purchases p,
          LATERAL (SELECT least(p.amount_paid_minor, coalesce(sum(amount_minor) FILTER (WHERE state <> 'failed'), 0)) AS minor
                   FROM credit_refunds WHERE payment_intent_id = p.stripe_payment_id AND currency = p.currency) r,
          LATERAL (SELECT least(p.amount_paid_minor - r.minor, coalesce(sum(amount_minor) FILTER (WHERE state = 'lost'), 0)) AS lost,
                     coalesce(bool_or(state = 'open'), false) AS open, coalesce(bool_or(state IN ('open', 'lost')), false) AS disputed
                   FROM credit_disputes WHERE payment_intent_id = p.stripe_payment_id AND currency = p.currency) d,
          LATERAL (SELECT coalesce(sum(debt - amount + ended), 0) AS taken FROM credit_entries WHERE kind IN ('clawback', 'restore') AND split_part(source, ':', 2) IN
                     (SELECT refund_id FROM credit_refunds WHERE payment_intent_id = p.stripe_payment_id
                      UNION ALL SELECT dispute_id FROM credit_disputes WHERE payment_intent_id = p.stripe_payment_id)) e
        WHERE p.completed_at IS NOT NULL AND (
          (refunded_minor, disputed_minor) <> (r.minor, d.lost) OR clawed_credits <> e.taken OR clawed_credits NOT BETWEEN 0 AND p.credits
          OR clawed_credits <> CASE amount_paid_minor WHEN 0 THEN 0 ELSE trunc(p.credits::numeric * (r.minor + d.lost) / amount_paid_minor) END
          OR status <> CASE WHEN d.disputed THEN 'disputed' WHEN amount_paid_minor > 0 AND r.minor = amount_paid_minor THEN 'refunded' ELSE 'completed' END
          OR EXISTS (SELECT FROM credit_lots l WHERE l.origin = p.grant_source AND l.frozen <> d.open))
        """)).ShouldBeEmpty("I5: credits follow the money that came back");

    /// <summary>I4: Σ ledger = balance = Σ lots ≥ 0, what is owed likewise, and each running balance follows from the one before.</summary>
    public static async Task LedgerAddsUpAsync(Journey journey)
    {
        (await journey.CountAsync("""
            credit_accounts a
            WHERE balance < 0 OR debt < 0
               OR (balance, debt) <> (SELECT coalesce(sum(amount), 0), coalesce(sum(debt), 0) FROM credit_entries e WHERE e.user_id = a.user_id)
               OR balance <> (SELECT coalesce(sum(remaining), 0) FROM credit_lots l WHERE l.user_id = a.user_id)
            """)).ShouldBe(0, "I4: balance = entries = lots, debt = entries");
        (await journey.CountAsync("""
            (SELECT balance_after - sum(amount) OVER w AS balance_off, debt_after - sum(debt) OVER w AS debt_off
             FROM credit_entries WINDOW w AS (PARTITION BY user_id ORDER BY id)) x WHERE (balance_off, debt_off) <> (0, 0)
            """)).ShouldBe(0, "I4: running balances");
        (await journey.CountAsync("""
            credit_lots l
            LEFT JOIN (SELECT p.lot, sum(p.part) AS part FROM credit_entries e, unnest(e.lots, e.parts) AS p (lot, part) GROUP BY 1) e ON e.lot = l.id
            LEFT JOIN (SELECT p.lot, sum(p.part) AS part FROM credit_reservations r, unnest(r.lots, r.parts) AS p (lot, part) WHERE r.state = 'held' GROUP BY 1) r ON r.lot = l.id
            WHERE remaining <> coalesce(e.part, 0) OR held <> -coalesce(r.part, 0)
            """)).ShouldBe(0, "I4: every lot is what its entries and reservations say");
        (await journey.CountAsync("""
            credit_accounts a JOIN credit_lots l USING (user_id)
            WHERE a.debt > 0 AND l.remaining > l.held AND NOT l.frozen AND (l.expires_at IS NULL OR l.expires_at > now())
            """)).ShouldBe(0, "I4: who owes has nothing free");
    }

    /// <summary>What somebody, or time, did to the ledger; a repayment follows by itself.</summary>
    private static readonly (string[] Kinds, string Action)[] Audited =
        [(["grant"], "credit.allocate"), (["consume", "adjust"], "credit.deduct"), (["expire"], "credit.expire"),
         (["clawback"], "credit.refund"), (["restore"], "credit.restore")];

    /// <summary>I8: effect and audit row one to one.</summary>
    private static async Task EffectsAreAuditedAsync(Journey journey)
    {
        foreach (var (kinds, action) in Audited)
            (await journey.CountAsync("credit_entries WHERE kind = ANY (@kinds)", new { kinds })).ShouldBe(await journey.CountAsync("audit_logs WHERE action = @action", new { action }), $"I8: each entry has its audit row, {action}");
        (await journey.CountAsync("""
            audit_logs a LEFT JOIN credit_entries e ON e.id::text = a.resource_id
            WHERE a.resource_type = 'transaction' AND (e.id IS NULL OR e.user_id IS DISTINCT FROM a.user_id OR e.amount <> (a.metadata->>'credits')::bigint)
            """)).ShouldBe(0, "I8: an audit row of a transaction names its user and amount");
        (await journey.CountAsync("billing_subscriptions")).ShouldBe(await journey.CountAsync("audit_logs WHERE action = 'subscription.created'"), "I8: each subscription has its audit row");
        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked'")).ShouldBeLessThanOrEqualTo(await journey.CountAsync("audit_logs WHERE action = 'webhook.parked'"), "I8: parking is audited");
    }

    /// <summary>I6: Keycloak shows what we say that each user has; Lago bills the plan that Stripe bills, and nothing else, now or later.</summary>
    private static async Task RemoteEndsAreRightAsync(Journey journey)
    {
        var shown = journey.World.Keycloak.Users.ToDictionary(u => u.Id, u => $"{u["subscription_tier"]} {u["subscription_status"]}");
        foreach (var (user, projected) in await journey.RowsAsync<(string, string)>("SELECT user_id, concat_ws(' ', projected_tier, projected_status) FROM identity_users"))
            if (shown.TryGetValue(user, out var tier)) tier.ShouldBe(projected, $"I6: the tier of {user} in Keycloak");
        (await journey.RowsAsync<string>("""
            SELECT u.user_id FROM identity_users u, LATERAL identity_entitlement(u.user_id) e
            WHERE (u.look_at IS NULL OR u.look_at > billing_now()) AND (u.projected_tier, u.projected_status) IS DISTINCT FROM (e.tier_id, e.status)
            """)).ShouldBeEmpty("I6: what is projected is the entitlement, unless time has just changed it");
        foreach (var (user, id, plan) in await journey.RowsAsync<(string, string, string?)>("""
            SELECT user_id, subscription_id, CASE WHEN s.is_active THEN CASE billing_cycle WHEN 'yearly' THEN lago_plan_yearly ELSE lago_plan_monthly END END
            FROM billing_subscriptions s JOIN billing_tiers t ON t.id = s.tier_id WHERE status NOT IN ('unpaid', 'paused', 'incomplete')
            """))
        {
            journey.World.Lago.Subscriptions(user).Where(s => s.ExternalId == id && s.Status is "active" or "pending").Select(s => $"{s.PlanCode} {s.Status}")
                .ShouldBe(plan is null ? [] : [$"{plan} active"], $"I6: what Lago bills for {id}");
        }
    }

    /// <summary>
    /// One order per paid session that sells one and none for others, with its audit row (I8), marked as the refunds and disputes of its payment say. A
    /// session whose events were all kept back may have none.
    /// </summary>
    private static async Task OrdersFollowSessionsAsync(Journey journey)
    {
        var orders = await journey.RowsAsync<(string Session, string Number, long Amount)>("SELECT stripe_session_id, order_identifier, amount_minor FROM orders WHERE starts_with(stripe_session_id, 'cs_test_')");
        foreach (var order in orders)
        {
            var session = journey.World.Stripe.Read(order.Session);
            ((string?)session["payment_status"]).ShouldNotBe("unpaid", "I3: an order is paid");
            ((long?)session["amount_total"]).ShouldBe(order.Amount, "I5: an order costs what was paid");
        }

        var told = (await journey.RowsAsync<byte[]>("SELECT payload FROM inbox_events WHERE type IN ('checkout.session.completed', 'checkout.session.async_payment_succeeded')"))
            .Select(OrderOf).OfType<string>().ToHashSet();
        foreach (var session in told.Where(journey.World.Stripe.Knows).Select(s => journey.World.Stripe.Read(s)))
        {
            var (suite, other) = (journey.World.Settings.GetValueOrDefault("Stripe__Suite"), (string?)session["metadata"]!["suite"]);
            var isPaid = (string?)session["payment_status"] != "unpaid" && (suite is null || other is null || other == suite);
            orders.Count(o => o.Session == (string?)session["id"]).ShouldBe(isPaid ? 1 : 0, "I3: one order per paid session of one");
        }

        (await journey.CountAsync("orders o WHERE starts_with(stripe_session_id, 'cs_test_') AND (SELECT count(*) FROM audit_logs WHERE action = 'order.created' AND resource_id = order_identifier) <> 1"))
            .ShouldBe(0, "I8: each order has its audit row");
        (await journey.CountAsync("audit_logs WHERE action = 'order.created' AND resource_id NOT IN (SELECT order_identifier FROM orders)")).ShouldBe(0, "I8: and no more");
        (await journey.RowsAsync<string>("""
            SELECT concat_ws(' ', order_identifier, refunded_minor, dispute, 'facts:', f.back, f.states)
            FROM orders o, LATERAL (
              SELECT least(o.amount_minor, coalesce(sum(amount_minor) FILTER (WHERE state IN ('refund_pending', 'refunded')), 0)) AS back, coalesce(array_agg(state), '{}') AS states
              FROM order_money_facts WHERE payment_intent_id = o.stripe_payment_intent_id AND currency = o.currency) f
            WHERE refunded_minor <> f.back OR dispute <> CASE WHEN 'disputed' = ANY (f.states) THEN 'open' WHEN 'dispute_lost' = ANY (f.states) THEN 'lost'
              WHEN 'inquiry' = ANY (f.states) THEN 'inquiry' WHEN 'dispute_closed' = ANY (f.states) THEN 'won' ELSE 'none' END
            """)).ShouldBeEmpty("I5: an order's marks follow from its payment's refunds and disputes");
    }

    // The session that an event tells of, when it sells an order; what cannot be read tells of none.
    private static string? OrderOf(byte[] payload)
    {
        try
        {
            var session = JsonNode.Parse(payload)!["data"]!["object"]!;
            var metadata = session["metadata"];
            var sells = (string?)session["mode"] == "payment" && metadata?["package_code"] is null && (metadata?["cart_id"] is not null || (string?)metadata?["mode"] == "dfy");
            return sells ? (string?)session["id"] : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>I6: one customer, at most one active subscription per external id in Lago; every foreign attribute in Keycloak as it was.</summary>
    private static void RemoteEndsAreSingle(Journey journey)
    {
        var customers = journey.World.Lago.Customers;
        customers.Select(c => c.ExternalId).ShouldBeUnique("I6: one Lago customer per user");
        foreach (LagoCustomer customer in customers)
            journey.World.Lago.Subscriptions(customer.ExternalId).Where(s => s.Status == "active").Select(s => s.ExternalId).ShouldBeUnique("I6: one active subscription per external id");
        foreach (var user in journey.World.Keycloak.Users)
        {
            user["locale"].ShouldBe("en", "I6: other attributes untouched");
            user["department"].ShouldBe("R&D – Zürich", "I6: other attributes untouched");
            user.Email.ShouldNotBeNull("I6: the e-mail survives a write");
        }
    }
}
