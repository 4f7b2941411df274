using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>What the customer typed on the hosted page.</summary>
/// <param name="ShipTo">Where it goes, for a session that asks; null = where the card is.</param>
internal sealed record StripeBuyer(string? Email = null, string? Name = null, JsonObject? ShipTo = null);

/// <summary>How a session is paid.</summary>
internal enum StripePayment
{
    /// <summary>By card, at once.</summary>
    Now,
    /// <summary>By a bank debit that settles days later.</summary>
    Later,
}

/// <summary>What customers do with open sessions, and what follows: payments, subscriptions and their events, in Stripe's order.</summary>
internal sealed class StripeCheckout(
    StripeStore store, StripeEvents events, StripeSessions sessions, StripePayments payments, StripePaymentMethods methods,
    StripePromotions promotions, StripeSubscriptions subscriptions, StripeInvoices invoices)
{
    private readonly HashSet<string> settling = [];

    /// <summary>Sessions that are complete and whose money is on its way.</summary>
    public IReadOnlyList<JsonObject> Settling => [.. settling.Select(id => store.Find("checkout.session", id))];

    /// <summary>Completes an open session; when nothing is due, nothing is paid.</summary>
    public void Pay(string id, StripePayment how, StripeBuyer? buyer = null, string? promotionCode = null)
    {
        var session = Open(id);
        var basket = sessions.Basket(id);
        if (promotionCode is not null) promotions.Apply(session, basket, promotionCode);
        var free = session.Whole("amount_total") == 0;
        if (free) how = StripePayment.Now;

        Identify(session, buyer ?? new StripeBuyer());
        Ship(session, buyer?.ShipTo);
        if (session.Name("mode") == "subscription")
        {
            var subscription = subscriptions.Start(session, basket, how);
            session.With(("subscription", subscription.Text("id")), ("invoice", subscription.Text("latest_invoice")));
        }
        else if (!free)
        {
            var customer = basket.FutureUsage is null ? null : session.Text("customer");
            var method = how == StripePayment.Now ? methods.Card(customer, session["customer_details"]).Name("id") : store.NewId("pm_1");
            var intent = payments.Begin(session, session.Whole("amount_total"), basket.PaymentMetadata, method)
                .With(("setup_future_usage", basket.FutureUsage));
            session["payment_intent"] = intent.Text("id");
            if (how == StripePayment.Now) payments.Succeed(intent, announce: true);
        }

        if (how == StripePayment.Later) settling.Add(id);
        promotions.Redeem(session);
        session.With(("status", "complete"), ("url", null),
            ("payment_status", free ? "no_payment_required" : how == StripePayment.Now ? "paid" : "unpaid"));
        events.Emit("checkout.session.completed", session);
    }

    /// <summary>The delayed money arrives, or the bank refuses.</summary>
    public void Settle(string id, bool ok)
    {
        if (!settling.Remove(id)) throw StripeFault.Bad("This session waits for no payment.");
        var session = store.Find("checkout.session", id);
        if (session.Name("mode") == "subscription")
        {
            var invoice = store.Find("invoice", session.Text("invoice"));
            if (ok) invoices.Pay(invoice);
            else subscriptions.PaymentFailed(session.Name("subscription"), invoice);
        }
        else
        {
            var intent = store.Find("payment_intent", session.Text("payment_intent"));
            if (ok) payments.Succeed(intent, announce: true);
            else payments.Fail(intent);
        }

        if (ok) session["payment_status"] = "paid";
        events.Emit(ok ? "checkout.session.async_payment_succeeded" : "checkout.session.async_payment_failed", session);
    }

    public JsonObject Expire(string id)
    {
        var session = Open(id).With(("status", "expired"), ("url", null));
        events.Emit("checkout.session.expired", session);
        return session;
    }

    /// <summary>By the clock: only what is still open.</summary>
    public void ExpireIfOpen(string id)
    {
        if (store.Find("checkout.session", id).Name("status") == "open") Expire(id);
    }

    /// <summary>A code typed on the page; empty takes the discount back.</summary>
    public void TypeCode(string id, string code)
    {
        var session = Open(id);
        if (code.Length > 0) promotions.Apply(session, sessions.Basket(id), code);
        else promotions.Remove(session, sessions.Basket(id));
    }

    // Stripe makes no difference between modes: whoever asks for an address gets one.
    private static void Ship(JsonObject session, JsonObject? to)
    {
        if (session["shipping_address_collection"] is null) return;
        var address = StripeShapes.Address();
        foreach (var (name, value) in to ?? []) address[name] = value?.DeepClone();
        session["collected_information"]!["shipping_details"] =
            new JsonObject { ["address"] = address, ["name"] = session["customer_details"]!.Text("name") };
    }

    private JsonObject Open(string id)
    {
        var session = store.Find("checkout.session", id);
        return session.Name("status") == "open" ? session
            : throw StripeFault.Bad($"Only Checkout Sessions with a status in [\"open\"] can be used. This one is {session.Name("status")}.", "session");
    }

    /// <summary>A payment leaves <c>customer</c> null unless asked otherwise; a subscription always has one.</summary>
    private void Identify(JsonObject session, StripeBuyer buyer)
    {
        var customer = store.TryFind(session.Text("customer"));
        var email = session.Text("customer_email") ?? customer?.Text("email") ?? buyer.Email ?? "customer@example.com";
        var name = buyer.Name ?? customer?.Text("name") ?? email.Split('@')[0];
        if (customer is null && (session.Name("mode") == "subscription" || session.Text("customer_creation") == "always"))
        {
            customer = store.Add(StripeShapes.Customer().With(
                ("id", store.NewId("cus_", 14)), ("created", store.Now), ("email", email), ("name", name), ("address", StripeShapes.Address()),
                ("currency", session.Text("currency")), ("invoice_prefix", store.NewId("", 8).ToUpperInvariant())));
            session["customer"] = customer.Text("id");
        }

        session["customer_details"] = StripeShapes.CustomerDetails(email).With(
            ("name", name), ("address", StripeShapes.Address()), ("tax_ids", new JsonArray()));
    }
}
