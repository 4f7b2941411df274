using System.Text.RegularExpressions;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Webhooks;

namespace BillingMonolith.Journeys.Orders;

/// <summary>What buyers do in a shop of orders, and what became of it.</summary>
internal static partial class Ordering
{
    /// <summary>With mail.</summary>
    public static readonly Dictionary<string, string?> Telling = new(Shopping.Unlimited) { [Journey.WithMail.Key] = Journey.WithMail.Value };

    private static readonly Browser Client = new();

    /// <summary>Opens a session for work and pays it; answers the session.</summary>
    public static string OrderDfy(this Journey journey, ShopUser? user, string plan = "professional", string? term = null)
    {
        var session = journey.World.Stripe.OpenDfySession(user, plan, term);
        journey.World.Stripe.Pay(session, Buyer(user));
        return session;
    }

    /// <summary>Opens a session for a cart and pays it; answers the session.</summary>
    public static string OrderCart(this Journey journey, ShopUser? user)
    {
        var session = journey.World.Stripe.OpenCartSession(user);
        journey.World.Stripe.Pay(session, Buyer(user));
        return session;
    }

    public static StripeBuyer Buyer(ShopUser? user) => new(user?.Email ?? "guest@example.com", user?.Name ?? "A Guest");

    /// <summary>The order of a session in one line: kind, status, what it is, amounts; empty when there is none.</summary>
    public static async Task<string> OrderAsync(this Journey journey, string session) => await journey.ScalarAsync<string>("""
        SELECT concat_ws(' ', kind, status, tier, amount_minor, currency, 'refunded', refunded_minor, 'dispute', dispute) FROM orders WHERE stripe_session_id = @session
        """, new { session }) ?? "";

    public static async Task<string> NumberAsync(this Journey journey, string session) =>
        await journey.ScalarAsync<string>("SELECT order_identifier FROM orders WHERE stripe_session_id = @session", new { session }) ?? "";

    /// <summary>Comes back from Stripe, as a program does.</summary>
    public static Task<Page> ReturnAsync(this HostProcess host, string session, string? token = null) =>
        host.GetAsync($"/order/checkout-session-success?session_id={Uri.EscapeDataString(session)}", token);

    /// <summary>Comes back as a browser does.</summary>
    public static Task<Page> ShowAsync(this HostProcess host, string session) =>
        Client.OnceAsync(HttpMethod.Get, $"{host.Url}/order/checkout-session-success?session_id={session}", content: null, ("Accept", "text/html"));

    /// <summary>Somebody who subscribed to all that happens.</summary>
    public static Task SubscribeAsync(this Journey journey) => Subscriber.AddAsync(journey.World, CancellationToken.None);

    /// <summary>What subscribers were told, by type and how often.</summary>
    public static List<string> Told(this Journey journey) =>
        [.. journey.World.Receiver.Received.DistinctBy(r => r.Id).GroupBy(r => r.Type).Select(t => $"{t.Key} {t.Count()}").Order(StringComparer.Ordinal)];

    /// <summary>How many confirmations went out.</summary>
    public static int Confirmations(this Journey journey) =>
        journey.World.Mail.Messages.Where(m => m.Subject.StartsWith("Your order ", StringComparison.Ordinal)).DistinctBy(m => m.MessageId).Count();

    [GeneratedRegex("^[2-9A-HJ-NP-Z]{10}$", RegexOptions.None, 1000)]
    public static partial Regex Number();
}
