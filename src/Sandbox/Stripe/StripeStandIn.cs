using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>A user of the demo shop.</summary>
/// <param name="Id">The Keycloak user id.</param>
/// <param name="Name">For the list of users.</param>
/// <param name="Email">As Keycloak has it.</param>
internal sealed record ShopUser(string Id, string Name, string Email);

/// <summary>
/// Stripe as far as this product knows it, in memory: the API under /v1, the hosted page under /c/pay, signed webhooks, a dashboard at / and
/// a small shop at /shop. Written from Stripe's documents, apart from the product's reading of Stripe, so that the two check each other.
/// </summary>
internal sealed partial class StripeStandIn : StandIn
{
    private readonly string apiKey;
    private readonly StripeStore store;
    private readonly StripeRendering rendering;
    private readonly StripeCourier courier = new();
    private readonly StripeEndpoints endpoints;
    private readonly StripeWebhooks webhooks;
    private readonly StripeEvents events;
    private readonly StripeCatalogue catalogue;
    private readonly StripeSessions sessions;
    private readonly StripePayments payments;
    private readonly StripePaymentMethods methods;
    private readonly StripeRefunds refunds;
    private readonly StripeDisputes disputes;
    private readonly StripePromotions promotions;
    private readonly StripeSchedules schedules;
    private readonly StripeRenewals renewals;
    private readonly StripeSubscriptions subscriptions;
    private readonly StripeCheckout checkout;
    private readonly StripeInvoices invoices;
    private readonly StripePortalSettings portalSettings;
    private readonly StripePortal portal;
    private readonly StripeApi api;
    private readonly StripeShop shop;

    /// <param name="port">0 = any free one.</param>
    /// <param name="time">With a <see cref="SandboxClock"/> subscriptions renew when it advances.</param>
    /// <param name="apiKey">The only key that is let in, <c>sk_test_…</c>.</param>
    /// <param name="seed">Of ids and jitter.</param>
    public StripeStandIn(int port, TimeProvider time, string apiKey = "sk_test_sandbox_0123456789", int seed = 1) : base(port, time)
    {
        this.apiKey = apiKey;
        store = new StripeStore(time, seed);
        rendering = new StripeRendering(store);
        endpoints = new StripeEndpoints(store);
        webhooks = new StripeWebhooks(endpoints, courier, seed);
        events = new StripeEvents(store, rendering, endpoints, webhooks);
        catalogue = new StripeCatalogue(store);
        sessions = new StripeSessions(store, catalogue, () => Url);
        payments = new StripePayments(store, events);
        methods = new StripePaymentMethods(store);
        refunds = new StripeRefunds(store, events);
        disputes = new StripeDisputes(store, events);
        promotions = new StripePromotions(store);
        invoices = new StripeInvoices(store, events, payments, catalogue);
        schedules = new StripeSchedules(store, events);
        renewals = new StripeRenewals(store, events, invoices, schedules);
        subscriptions = new StripeSubscriptions(store, events, invoices, renewals, methods);
        checkout = new StripeCheckout(store, events, sessions, payments, methods, promotions, subscriptions, invoices);
        portalSettings = new StripePortalSettings(store);
        portal = new StripePortal(store, portalSettings, subscriptions, renewals, () => Url);
        sessions.Due = checkout.ExpireIfOpen;
        api = new StripeApi(store, events, rendering, Include, apiKey, time);
        shop = new StripeShop(this);
        if (time is SandboxClock clock) clock.Advanced += CatchUp;
    }

    public string ApiKey => apiKey;

    /// <summary>Everything that happened, oldest first.</summary>
    public IReadOnlyList<StripeEvent> Events => store.Do(() => events.Log);

    /// <summary>Every attempt to deliver, oldest first.</summary>
    public IReadOnlyList<StripeAttempt> Deliveries => courier.Attempts;

    /// <summary>How deliveries go wrong from now on.</summary>
    public StripeDeliveryFaults DeliveryFaults => webhooks.Faults;

    /// <summary>Waits between deliveries and how long an answer may take.</summary>
    public StripeCourier Courier => courier;

    /// <summary>The account's own version, of requests and endpoints that name none; an endpoint's may well be another.</summary>
    public string AccountVersion
    {
        get => store.Do(() => store.ApiVersion);
        set => store.Do(() => store.ApiVersion = value);
    }

    /// <summary>How long each API request takes.</summary>
    public TimeSpan ApiTakes
    {
        get => api.Takes;
        set => api.Takes = value;
    }

    /// <summary>Who can buy at /shop.</summary>
    public IReadOnlyList<ShopUser> ShopUsers { get; private set; } = [];

    public void Shop(IReadOnlyList<ShopUser> users) => ShopUsers = users;

    /// <summary>
    /// An account as an operator leaves it: products and prices (<see cref="StripeCatalogue.Seed"/>), two promotion codes, the portal's settings saved.
    /// </summary>
    public void SeedCatalogue() => store.Do(() =>
    {
        catalogue.Seed();
        promotions.Seed();
        portalSettings.Save();
    });

    /// <summary>Registers an endpoint for all events; answers its secret.</summary>
    public string AddWebhookEndpoint(string url, string apiVersion = StripeRendering.Endive) => store.Do(() => endpoints.Create(StripeForm.Parse(
        $"url={Uri.EscapeDataString(url)}&enabled_events[]=*&api_version={apiVersion}")).Name("secret"));

    /// <summary>An object as the API shows it, in the shape of the version.</summary>
    public JsonObject Read(string id, string apiVersion = StripeRendering.Endive) =>
        store.Do(() => rendering.Render(store.TryFind(id) ?? throw StripeFault.Missing("object", id), apiVersion));

    public bool Knows(string id) => store.Do(() => store.TryFind(id) is not null);

    /// <summary>The active prices by lookup key, each with its product in place of the product's id.</summary>
    public IReadOnlyDictionary<string, JsonObject> Prices => store.Do(() => store.All("price")
        .Where(p => p.Flag("active") && p.Text("lookup_key") is not null)
        .ToDictionary(p => p.Name("lookup_key"), p => p.Copy().With(("product", catalogue.ProductOf(p).Copy()))));

    /// <summary>The subscription that a session made.</summary>
    public string SubscriptionOf(string sessionId) => Read(sessionId).Name("subscription");

    /// <summary>Delivers once more, so many times at once; answers when all were answered.</summary>
    public Task<StripeAttempt[]> DeliverAsync(string eventId, int times = 1) => webhooks.DeliverAsync(store.Do(() => events.Find(eventId)), times);

    public void HoldDeliveries() => webhooks.Hold();

    /// <summary>One after the other in this order of event ids; those not named stay undelivered. Null = as they happened.</summary>
    public Task ReleaseDeliveriesAsync(IEnumerable<string>? order = null) => webhooks.ReleaseAsync(order);

    /// <summary>Ends when all deliveries under way are acknowledged; throws TimeoutException.</summary>
    public Task WaitForQuietAsync(TimeSpan timeout) => webhooks.WaitForQuietAsync(timeout);

    protected override void Map(WebApplication routes)
    {
        new StripeRoutes(store, sessions, checkout, catalogue, new StripeCustomers(store, subscriptions), subscriptions, invoices,
            new StripeIntents(store, payments, methods), methods, refunds, disputes, promotions, events, endpoints, schedules, portal,
            portalSettings).Map(routes, api);
        portal.Map(routes);
        new StripeCheckoutPage(store, sessions, checkout, catalogue, new StripePromotionField(promotions),
            email => ShopUsers.FirstOrDefault(u => u.Email == email)?.Name).Map(routes);
        new StripeDashboard(this, store, webhooks, new StripeAccountTables(store, checkout, renewals), new StripeMoneyTables(store, methods)).Map(routes);
        shop.Map(routes);
    }

    public override async ValueTask DisposeAsync()
    {
        if (Time is SandboxClock clock) clock.Advanced -= CatchUp;
        await courier.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>What is due by the clock happens now.</summary>
    private void CatchUp(object? sender, EventArgs e) => store.Do(() => { });

    private string PriceOf(string lookupKey) => store.Do(() => catalogue.ByLookupKey(lookupKey).Name("id"));

    /// <summary>The lists that are sent only when expanded.</summary>
    private JsonObject? Include(JsonObject thing, string name, string version) => (StripeRendering.Kind(thing), name) switch
    {
        ("checkout.session", "line_items") => sessions.LineItems(thing.Name("id"), new StripeForm()),
        ("invoice", "payments") when version != StripeRendering.Legacy => invoices.ListPayments(StripeForm.Parse($"invoice={thing.Name("id")}")),
        ("charge", "refunds") => refunds.List(StripeForm.Parse($"charge={thing.Name("id")}")),
        ("customer", "subscriptions") => subscriptions.List(StripeForm.Parse($"customer={thing.Name("id")}")),
        _ => null,
    };
}
