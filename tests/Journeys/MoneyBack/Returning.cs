using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.MoneyBack;

/// <summary>What banks and the shop's support do with a payment, and how a buyer stands after it.</summary>
internal static class Returning
{
    public const string RefundCreated = "refund.created";
    public const string RefundUpdated = "refund.updated";
    public const string RefundFailed = "refund.failed";
    public const string ChargeRefunded = "charge.refunded";
    public const string DisputeCreated = "charge.dispute.created";
    public const string DisputeUpdated = "charge.dispute.updated";
    public const string DisputeClosed = "charge.dispute.closed";

    /// <summary>Balance and debt, the purchase's status, the money that came back and the credits that went with it, in one line.</summary>
    public static async Task<string> StandingAsync(this Journey journey, string session) => (await journey.ScalarAsync<string>("""
        SELECT format('%s credits, %s owed; %s, %s refunded, %s disputed, %s taken back%s', coalesce(a.balance, 0), coalesce(a.debt, 0), p.status, refunded_minor,
                      disputed_minor, clawed_credits, CASE WHEN EXISTS (SELECT FROM credit_lots l WHERE l.origin = p.grant_source AND frozen) THEN ', frozen' ELSE '' END)
        FROM credit_purchases p LEFT JOIN credit_accounts a USING (user_id) WHERE stripe_checkout_session_id = @session
        """, new { session }))!;

    /// <summary>Uses credits up; false when there are too few that may be spent.</summary>
    public static async Task<bool> SpendAsync(this Journey journey, ShopUser user, long credits) => await journey.ExecuteAsync("""
        INSERT INTO audit_logs (action, resource_type, resource_id, cause, user_id, result, metadata)
        SELECT 'credit.deduct', 'transaction', entry_id, 'test', @Id, 'success', jsonb_build_object('credits', -@credits)
        FROM credit_take(@Id, @credits, 'consume', NULL, 'spent', NULL)
        """, new { user.Id, credits }) == 1;

    public static string IntentOf(this Journey journey, string session) => (string)journey.World.Stripe.Read(session)["payment_intent"]!;

    /// <summary>The last event of this type that happened.</summary>
    public static string Last(this Journey journey, string type) => journey.World.Stripe.Events.Last(e => e.Type == type).Id;

    /// <summary>An event about a dispute of the session's payment, as its endpoint gets it.</summary>
    public static byte[] Dispute(this Journey journey, string session, string type, string status, long amountMinor, int second = 0, string number = "1", string currency = "usd")
    {
        var intent = journey.IntentOf(session);
        var created = new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds() + second;
        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["id"] = $"evt_{type}_{status}_{second.ToString(CultureInfo.InvariantCulture)}_{number}_{intent}",
            ["object"] = "event",
            ["api_version"] = StripeRendering.Clover,
            ["created"] = created,
            ["livemode"] = false,
            ["type"] = type,
            ["data"] = new JsonObject
            {
                ["object"] = new JsonObject
                {
                    ["id"] = $"du_{number}_{intent}",
                    ["object"] = "dispute",
                    ["amount"] = amountMinor,
                    ["balance_transactions"] = new JsonArray(),
                    ["charge"] = (string?)journey.World.Stripe.Read(intent)["latest_charge"],
                    ["created"] = created,
                    ["currency"] = currency,
                    ["is_charge_refundable"] = false,
                    ["livemode"] = false,
                    ["metadata"] = new JsonObject(),
                    ["payment_intent"] = intent,
                    ["reason"] = "fraudulent",
                    ["status"] = status,
                },
            },
        }.ToJsonString());
    }

    /// <summary>Posts it and waits until nothing is left to do.</summary>
    public static async Task TellAsync(this Journey journey, byte[] body)
    {
        ((int)(await journey.SendAsync(body)).Status).ShouldBe(200);
        await journey.SettleAsync();
    }

    /// <summary>The entries of the ledger, oldest first.</summary>
    public static Task<List<string>> EntriesAsync(this Journey journey) =>
        journey.RowsAsync<string>("SELECT concat_ws(' ', kind, amount, debt) FROM credit_entries ORDER BY id");

    public static ShopUser NewUser(this Journey journey, int number)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"user{number}");
        var user = new KeycloakUser(Guid.NewGuid().ToString(), name) { FirstName = "User", LastName = name, Email = $"{name}@example.com", EmailVerified = true }
            .With("locale", "en").With("department", "R&D – Zürich");
        journey.World.Keycloak.Seed(user);
        return Journey.Shopper(user);
    }
}
