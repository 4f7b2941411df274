using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>What the customer typed on the hosted page.</summary>
internal sealed record StripeBuyer(string? Email = null, string? Name = null);

/// <summary>How a session is paid.</summary>
internal enum StripePayment
{
    /// <summary>By card, at once.</summary>
    Now,
    /// <summary>By a bank debit that settles days later.</summary>
    Later,
    /// <summary>Not at all: a coupon of 100 %, or nothing is due today.</summary>
    Free,
}

/// <summary>What customers do with open sessions, and what follows: payments, subscriptions and their events, in Stripe's order.</summary>
internal sealed class StripeCheckout(
    StripeStore store, StripeEvents events, StripeSessions sessions, StripePayments payments, StripePaymentMethods methods,
    StripeSubscriptions subscriptions, StripeInvoices invoices)
{
    private readonly HashSet<string> settling = [];

    /// <summary>Sessions that are complete and whose money is on its way.</summary>
    public IReadOnlyList<JsonObject> Settling => [.. settling.Select(id => store.Find("checkout.session", id))];

    public void Pay(string id, StripePayment how, StripeBuyer? buyer = null)
    {
        var session = Open(id);
        var basket = sessions.Basket(id);
        if (how == StripePayment.Free) TakeCouponOff(session, basket);
        if (session.Whole("amount_total") == 0) how = StripePayment.Free;

        Identify(session, buyer ?? new StripeBuyer());
        if (session.Name("mode") == "subscription")
        {
            var subscription = subscriptions.Start(session, basket, how);
            session.With(("subscription", subscription.Text("id")), ("invoice", subscription.Text("latest_invoice")));
        }
        else if (how != StripePayment.Free)
        {
            var customer = basket.FutureUsage is null ? null : session.Text("customer");
            var method = how == StripePayment.Now ? methods.Card(customer, session["customer_details"]).Name("id") : store.NewId("pm_1");
            var intent = payments.Begin(session, session.Whole("amount_total"), basket.PaymentMetadata, method)
                .With(("setup_future_usage", basket.FutureUsage));
            session["payment_intent"] = intent.Text("id");
            if (how == StripePayment.Now) payments.Succeed(intent, announce: true);
        }

        if (how == StripePayment.Later) settling.Add(id);
        session.With(("status", "complete"), ("url", null), ("payment_status", how switch
        {
            StripePayment.Now => "paid",
            StripePayment.Later => "unpaid",
            _ => "no_payment_required",
        }));
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

    private JsonObject Open(string id)
    {
        var session = store.Find("checkout.session", id);
        return session.Name("status") == "open" ? session
            : throw StripeFault.Bad($"Only Checkout Sessions with a status in [\"open\"] can be used. This one is {session.Name("status")}.", "session");
    }

    private void TakeCouponOff(JsonObject session, StripeBasket basket)
    {
        session["total_details"]!["amount_discount"] = session.Whole("amount_subtotal");
        session.With(("amount_total", 0L), ("discounts", new JsonArray(
            new JsonObject { ["coupon"] = null, ["promotion_code"] = store.NewId("promo_1") })));
        foreach (var item in basket.Items) item.With(("amount_discount", item.Whole("amount_subtotal")), ("amount_total", 0L));
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
