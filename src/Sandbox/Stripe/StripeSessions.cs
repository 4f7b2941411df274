using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>What a session will make when it is paid, and does not show.</summary>
/// <param name="Items">Its line items, with their prices.</param>
/// <param name="PaymentMetadata">For the payment and its charge.</param>
/// <param name="SubscriptionMetadata">For the subscription.</param>
/// <param name="TrialDays">0 = no trial.</param>
/// <param name="FutureUsage">Of the card: off_session or on_session when it is kept for later payments.</param>
internal sealed record StripeBasket(
    IReadOnlyList<JsonObject> Items, JsonObject PaymentMetadata, JsonObject SubscriptionMetadata, long TrialDays, string? FutureUsage);

/// <summary>Checkout sessions as the API makes and lists them. What the customer does with them is in <see cref="StripeCheckout"/>.</summary>
internal sealed class StripeSessions(StripeStore store, StripeCatalogue catalogue, Func<string> url)
{
    private const string Parameters =
        "adaptive_pricing>=clover after_expiration allow_promotion_codes allowed_payment_method_types>=endive automatic_tax billing_address_collection " +
        "branding_settings>=clover cancel_url client_reference_id consent_collection currency custom_fields custom_text customer customer_creation " +
        "customer_email customer_update expand expires_at integration_identifier>=endive invoice_creation line_items locale metadata mode " +
        "origin_context>=clover payment_intent_data payment_method_collection payment_method_configuration payment_method_options " +
        "payment_method_types<endive phone_number_collection saved_payment_method_options " +
        "shipping_address_collection shipping_options submit_type subscription_data success_url tax_id_collection ui_mode";

    private const long Day = 24 * 3600;
    private readonly Dictionary<string, StripeBasket> baskets = [];

    /// <summary>Told when the last second of a session has passed.</summary>
    public Action<string> Due { get; set; } = _ => { };

    public StripeBasket Basket(string id) => baskets[id];

    public JsonObject Create(StripeForm form)
    {
        form.Only(Parameters);
        var mode = form.Need("mode");
        if (mode is not ("payment" or "subscription")) throw StripeFault.Bad("Invalid mode: must be one of payment or subscription", "mode");
        var hosted = form.Since(StripeRendering.Endive) ? "hosted_page" : "hosted"; // renamed at 2026-03-25.dahlia
        if (form.Text("ui_mode") is { } shown && shown != hosted) throw StripeFault.Bad($"This stand-in has {hosted} sessions only.", "ui_mode");
        var (success, cancel) = (Address(form, form.Need("success_url"), "success_url"), Address(form, form.Text("cancel_url"), "cancel_url"));
        var customer = form.Text("customer") is { Length: > 0 } given ? store.Find("customer", given, "customer") : null;
        if (customer is not null && form.Text("customer_email") is not null)
            throw StripeFault.Bad("You may only specify one of these parameters: customer, customer_email.", "customer");
        var basket = FillBasket(form, mode);

        var session = Total(StripeShapes.Session().With(("currency", basket.Items[0].Text("currency"))), basket).With(
            ("id", store.NewId(mode == "payment" ? "cs_test_a1" : "cs_test_b1", 56)), ("created", store.Now), ("mode", mode),
            ("expires_at", ExpiresAt(form)), ("success_url", success), ("cancel_url", cancel),
            ("client_reference_id", form.Text("client_reference_id")), ("metadata", form.Metadata("metadata")),
            ("allow_promotion_codes", form.Flag("allow_promotion_codes")), ("locale", form.Text("locale")),
            ("customer", customer?.Text("id")), ("customer_email", form.Text("customer_email")),
            ("customer_creation", mode == "payment" && customer is null ? form.Text("customer_creation") ?? "if_required" : null),
            ("invoice_creation", mode == "payment" ? StripeShapes.NoInvoice() : null),
            ("shipping_address_collection", Countries(form.Group("shipping_address_collection"))),
            ("saved_payment_method_options", KeepsCards(form.Group("saved_payment_method_options"))),
            ("payment_method_collection", mode == "payment" ? "if_required" : "always"), ("integration_identifier", form.Text("integration_identifier")));
        OnlyBy(session, form.Texts("allowed_payment_method_types"), form.Texts("payment_method_types"));
        var id = session.Name("id");
        if ((form.Text("customer_email") ?? customer?.Text("email")) is { } email) session["customer_details"] = StripeShapes.CustomerDetails(email);
        session["url"] = $"{url()}/c/pay/{id}";
        baskets[id] = basket;
        store.Schedule(session.Whole("expires_at"), () => Due(id));
        return store.Add(session);
    }

    public JsonObject List(StripeForm form)
    {
        form.Only(StripeLists.Paging + " customer payment_intent subscription status");
        return StripeLists.Page("/v1/checkout/sessions", 
            store.All("checkout.session", form, "customer", "payment_intent", "subscription")
                .Where(s => (form.Text("status") ?? s.Text("status")) == s.Text("status")), form);
    }

    public JsonObject LineItems(string id, StripeForm form)
    {
        form.Only(StripeLists.Paging);
        var items = Basket(store.Find("checkout.session", id).Name("id")).Items;
        return StripeLists.Page($"/v1/checkout/sessions/{id}/line_items", items, i => i.Name("id"), i => i.Copy(), form);
    }

    private StripeBasket FillBasket(StripeForm form, string mode)
    {
        var sent = form.Items("line_items");
        if (sent.Count == 0) throw StripeFault.MissingParameter("line_items");
        var items = sent.Select(Item).ToList();
        var recurring = items.Count(i => i["price"]!["recurring"] is not null);
        if (mode == "payment" && recurring > 0)
            throw StripeFault.Bad("You specified `payment` mode but passed a recurring price. " +
                "Either switch to `subscription` mode or use only one-time prices.");
        if (mode == "subscription" && recurring == 0)
            throw StripeFault.Bad("You must provide at least one recurring price in `subscription` mode when using prices.");
        if (items.Select(i => i.Text("currency")).Distinct().Count() > 1) throw StripeFault.Bad("All line items must have the same currency.", "line_items");

        var (payment, subscription) = (form.Group("payment_intent_data"), form.Group("subscription_data"));
        if (mode == "subscription" && payment is not null)
            throw StripeFault.Bad("You can not pass `payment_intent_data` in `subscription` mode.", "payment_intent_data");
        if (mode == "payment" && subscription is not null)
            throw StripeFault.Bad("You can not pass `subscription_data` in `payment` mode.", "subscription_data");
        payment?.Only("metadata description receipt_email capture_method setup_future_usage statement_descriptor shipping");
        subscription?.Only("metadata description trial_period_days trial_end trial_settings billing_cycle_anchor proration_behavior");
        return new StripeBasket(items, payment?.Metadata("metadata") ?? [],
            subscription?.Metadata("metadata") ?? [], subscription?.Whole("trial_period_days") ?? 0, FutureUsage(payment));
    }

    private static string? FutureUsage(StripeForm? payment) => payment?.Text("setup_future_usage") switch
    {
        null or "" => null,
        ("off_session" or "on_session") and var usage => usage,
        _ => throw StripeFault.Bad("Invalid setup_future_usage: must be one of on_session or off_session", payment.PathOf("setup_future_usage")),
    };

    private JsonObject Item(StripeForm line)
    {
        line.Only("price price_data quantity adjustable_quantity tax_rates dynamic_tax_rates<endive metadata>=endive");
        line.Group("price_data")?.Only("currency product product_data recurring tax_behavior unit_amount unit_amount_decimal");
        var price = line.Group("price_data") is { } data ? catalogue.AddPrice(data) : store.Find("price", line.Need("price"), line.PathOf("price"));
        if (!price.Flag("active")) throw StripeFault.Bad($"The price specified is inactive: {price.Text("id")}", line.PathOf("price"));
        var quantity = line.Whole("quantity") ?? 1;
        if (quantity < 1) throw StripeFault.Bad("This value must be greater than or equal to 1.", line.PathOf("quantity"), "parameter_invalid_integer");
        var amount = checked(price.Whole("unit_amount") * quantity);
        return StripeShapes.Item().With(
            ("id", store.NewId("li_1")), ("price", price.Copy()), ("quantity", quantity), ("currency", price.Text("currency")),
            ("description", catalogue.ProductOf(price).Text("name")), ("metadata", line.Metadata("metadata")),
            ("amount_subtotal", amount), ("amount_total", amount));
    }

    private static JsonObject? Countries(StripeForm? sent)
    {
        sent?.Only("allowed_countries");
        if (sent is null) return null;
        var countries = sent.Texts("allowed_countries");
        if (countries.Count == 0) throw StripeFault.MissingParameter("shipping_address_collection[allowed_countries]");
        return new JsonObject { ["allowed_countries"] = StripeJson.Texts(countries) };
    }

    /// <summary>The ways to pay, where a request names them; how it does changed at 2026-09-30.endive.</summary>
    private static void OnlyBy(JsonObject session, IReadOnlyList<string> allowed, IReadOnlyList<string> types)
    {
        if (allowed.Count > 0) session["allowed_payment_method_types"] = StripeJson.Texts(allowed);
        if (allowed.Count + types.Count > 0) session["payment_method_types"] = StripeJson.Texts([.. allowed, .. types]);
    }

    private static JsonObject? KeepsCards(StripeForm? sent)
    {
        sent?.Only("allow_redisplay_filters payment_method_remove>=clover payment_method_save");
        return sent is null ? null : new JsonObject
        {
            ["allow_redisplay_filters"] = StripeJson.Texts([.. sent.Texts("allow_redisplay_filters").DefaultIfEmpty("always")]),
            ["payment_method_remove"] = sent.Text("payment_method_remove"),
            ["payment_method_save"] = sent.Text("payment_method_save"),
        };
    }

    /// <summary>A trial makes nothing due today; the first invoice is then for 0.</summary>
    public static JsonObject Total(JsonObject session, StripeBasket basket)
    {
        var today = basket.Items.Where(i => basket.TrialDays == 0 || i["price"]!["recurring"] is null).ToList();
        session["total_details"]!["amount_discount"] = today.Sum(i => i.Whole("amount_discount"));
        return session.With(("amount_subtotal", today.Sum(i => i.Whole("amount_subtotal"))), ("amount_total", today.Sum(i => i.Whole("amount_total"))));
    }

    private static string? Address(StripeForm form, string? sent, string name) =>
        sent is null || (Uri.TryCreate(sent, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https") ? sent
            : throw StripeFault.Bad("Not a valid URL", form.PathOf(name), "url_invalid");

    private long ExpiresAt(StripeForm form)
    {
        if (form.Whole("expires_at") is not { } at) return store.Now + Day;
        if (at < store.Now + 1800)
            throw StripeFault.Bad("The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", "expires_at");
        if (at > store.Now + Day)
            throw StripeFault.Bad("The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", "expires_at");
        return at;
    }
}
