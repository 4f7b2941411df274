using System.Text;
using System.Text.Json.Nodes;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Purchases;

/// <summary>What customers do, and what became of the events that followed.</summary>
internal static class Buying
{
    public const string Completed = "checkout.session.completed";
    public const string Created = "customer.subscription.created";
    public const string Updated = "customer.subscription.updated";
    public const string Deleted = "customer.subscription.deleted";

    /// <summary>Opens a session for a pack and pays it; answers the session.</summary>
    public static string BuyPack(this Journey journey, ShopUser user, string code)
    {
        var session = journey.World.Stripe.OpenPackSession(user, code);
        journey.World.Stripe.Pay(session, new StripeBuyer(user.Email, user.Name));
        return session;
    }

    /// <summary>Opens a session for a plan and pays it; answers the subscription.</summary>
    public static string BuyPlan(this Journey journey, ShopUser user, string tier, string cycle = "monthly")
    {
        var session = journey.World.Stripe.OpenPlanSession(user, tier, cycle);
        journey.World.Stripe.Pay(session, new StripeBuyer(user.Email, user.Name));
        return journey.World.Stripe.SubscriptionOf(session);
    }

    /// <summary>A session that some shop opened: the package that its metadata names, at a price of its own.</summary>
    public static string OpenPack(this Journey journey, string code, long amountMinor, string currency = "usd", string more = "") => journey.World.Stripe.Open(
        $"mode=payment&line_items[0][quantity]=1&line_items[0][price_data][currency]={currency}&line_items[0][price_data][unit_amount]={amountMinor}" +
        $"&line_items[0][price_data][product_data][name]=Pack&success_url=https://shop.example/thanks&allow_promotion_codes=true" +
        $"&client_reference_id={Journey.Ada.Id}&metadata[package_code]={code}{more}");

    /// <summary>A session for a plan that names no user.</summary>
    public static string OpenAnonymousPlan(this Journey journey, string email, string tier = "professional") => journey.World.Stripe.Open(
        $"mode=subscription&line_items[0][quantity]=1&line_items[0][price]={journey.World.Stripe.Prices[$"{tier}_monthly"]["id"]}" +
        $"&success_url=https://shop.example/thanks&customer_email={Uri.EscapeDataString(email)}");

    /// <summary>The only event of this type about this object.</summary>
    public static string EventOf(this Journey journey, string type, string objectId) =>
        journey.World.Stripe.Events.Single(e => e.Type == type && e.ObjectId == objectId).Id;

    /// <summary>The event's body as a delivery brings it, changed.</summary>
    public static byte[] Changed(this Journey journey, string eventId, Action<JsonObject> change)
    {
        var body = JsonNode.Parse(journey.World.Stripe.Events.Single(e => e.Id == eventId).Bytes())!.AsObject();
        change(body);
        return Encoding.UTF8.GetBytes(body.ToJsonString());
    }

    public static Task<string?> StateAsync(this Journey journey, string eventId) =>
        journey.ScalarAsync<string>("SELECT state FROM inbox_event_states WHERE id = @eventId", new { eventId });

    /// <summary>Why the event's steps ended as they did, or what they failed with last.</summary>
    public static Task<string?> ReasonAsync(this Journey journey, string eventId) =>
        journey.ScalarAsync<string>("SELECT string_agg(last_error, ' | ') FROM inbox_steps WHERE event_id = @eventId", new { eventId });

    public static Task<string?> PurchaseStatusAsync(this Journey journey, string sessionId) =>
        journey.ScalarAsync<string>("SELECT status FROM credit_purchases WHERE stripe_checkout_session_id = @sessionId", new { sessionId });

    /// <summary>How often an action was audited.</summary>
    public static Task<long> AuditedAsync(this Journey journey, string action) => journey.CountAsync("audit_logs WHERE action = @action", new { action });
}
