using System.Globalization;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Invoices of subscriptions: drafted, finalised, paid or not.</summary>
internal sealed class StripeInvoices(StripeStore store, StripeEvents events, StripePayments payments, StripeCatalogue catalogue)
{
    private int numbered;

    /// <summary>Drafts and finalises; the caller then pays it, or not. A credit stays with the customer and pays for later ones.</summary>
    public JsonObject Issue(JsonObject subscription, string reason, IReadOnlyList<JsonObject> lines, (long Start, long End) window, long discountMinor = 0)
    {
        var invoice = store.Add(Draft(subscription, subscription.Name("latest_invoice"), reason, lines, window, discountMinor));
        store.Find("customer", subscription.Text("customer"))["balance"] = invoice.Whole("ending_balance");
        events.Emit("invoice.created", invoice);
        Finalise(invoice);
        return invoice;
    }

    /// <summary>An invoice that nobody keeps, until it is issued.</summary>
    public JsonObject Draft(
        JsonObject subscription, string id, string reason, IReadOnlyList<JsonObject> lines, (long Start, long End) window, long discountMinor = 0)
    {
        var customer = store.Find("customer", subscription.Text("customer"));
        var subtotal = lines.Sum(l => l.Whole("amount"));
        var total = subtotal - discountMinor;
        var balance = customer.Whole("balance");
        var due = Math.Max(0, total + balance);
        foreach (var line in lines) line["invoice"] = id;
        var invoice = StripeBillingShapes.Invoice().With(
            ("id", id), ("billing_reason", reason), ("created", store.Now), ("currency", subscription.Text("currency")),
            ("customer", customer.Text("id")), ("customer_email", customer.Text("email")), ("customer_name", customer.Text("name")),
            ("customer_address", customer["address"]?.DeepClone()), ("period_start", window.Start), ("period_end", window.End),
            ("subtotal", subtotal), ("subtotal_excluding_tax", subtotal), ("total", total), ("total_excluding_tax", total),
            ("amount_due", due), ("amount_remaining", due), ("starting_balance", balance), ("ending_balance", total + balance - due),
            ("lines", StripeJson.List($"/v1/invoices/{id}/lines", lines).With(("total_count", (long)lines.Count))),
            ("parent", new JsonObject
            {
                ["quote_details"] = null,
                ["subscription_details"] = new JsonObject
                {
                    ["metadata"] = subscription["metadata"]!.DeepClone(),
                    ["subscription"] = subscription.Text("id"),
                },
                ["type"] = "subscription_details",
            }));
        if (discountMinor > 0)
            invoice["total_discount_amounts"] = new JsonArray(new JsonObject { ["amount"] = discountMinor, ["discount"] = store.NewId("di_1") });
        return invoice;
    }

    public void Pay(JsonObject invoice)
    {
        var due = invoice.Whole("amount_due");
        if (due > 0) Collect(invoice, due);
        invoice.With(
            ("status", "paid"), ("attempted", true), ("auto_advance", false), ("amount_paid", due), ("amount_remaining", 0L),
            ("attempt_count", invoice.Whole("attempt_count") + 1), ("next_payment_attempt", null));
        invoice["status_transitions"]!["paid_at"] = store.Now;
        events.Emit("invoice.paid", invoice);
        events.Emit("invoice.payment_succeeded", invoice);
    }

    public void Fail(JsonObject invoice, long? nextAttempt)
    {
        invoice.With(("attempted", true), ("attempt_count", invoice.Whole("attempt_count") + 1), ("next_payment_attempt", nextAttempt));
        events.Emit("invoice.payment_failed", invoice);
    }

    /// <summary>A line for an item's current period.</summary>
    public JsonObject Line(JsonObject subscription, JsonNode item, long amountMinor, string? description = null, bool proration = false)
    {
        var price = store.Find("price", item["price"]!.Text("id"));
        var line = StripeBillingShapes.InvoiceLine().With(
            ("id", store.NewId("il_1")), ("amount", amountMinor), ("currency", price.Text("currency")), ("quantity", item.Whole("quantity")),
            ("quantity_decimal", item.Whole("quantity").ToString(CultureInfo.InvariantCulture)), ("subtotal", amountMinor),
            ("description", description ?? Describe(item, price)), ("metadata", subscription["metadata"]!.DeepClone()),
            ("subscription", subscription.Text("id")),
            ("period", new JsonObject { ["end"] = item.Whole("current_period_end"), ["start"] = item.Whole("current_period_start") }));
        line["pricing"]!["unit_amount_decimal"] = price.Text("unit_amount_decimal");
        line["pricing"]!["price_details"]!.AsObject().With(("price", price.Text("id")), ("product", price.Text("product")));
        line["parent"]!["subscription_item_details"]!.AsObject().With(
            ("proration", proration), ("subscription", subscription.Text("id")), ("subscription_item", item.Text("id")));
        return line;
    }

    public JsonObject List(StripeForm form)
    {
        form.Only(StripeLists.Paging + " customer subscription status collection_method");
        var subscription = store.Filter(form, "subscription");
        return StripeLists.Page("/v1/invoices", store.All("invoice", form, "customer").Where(i =>
            (form.Text("status") ?? i.Text("status")) == i.Text("status") &&
            (subscription is null || i["parent"]!["subscription_details"]!.Text("subscription") == subscription)), form);
    }

    public JsonObject ListPayments(StripeForm form)
    {
        form.Only(StripeLists.Paging + " invoice status payment");
        var intent = form.Group("payment") is { } payment ? store.Filter(payment, "payment_intent") : null;
        return StripeLists.Page("/v1/invoice_payments", store.All("invoice_payment", form, "invoice").Where(p =>
            (form.Text("status") ?? p.Text("status")) == p.Text("status") && (intent is null || p["payment"]!.Text("payment_intent") == intent)), form);
    }

    private void Finalise(JsonObject invoice)
    {
        var id = invoice.Text("id");
        invoice.With(
            ("status", "open"), ("effective_at", store.Now),
            ("number", string.Create(CultureInfo.InvariantCulture, $"SANDBOX-{++numbered:D4}")),
            ("hosted_invoice_url", $"https://invoice.stripe.com/i/acct_sandbox/{id}"),
            ("invoice_pdf", $"https://pay.stripe.com/invoice/acct_sandbox/{id}/pdf"));
        invoice["status_transitions"]!["finalized_at"] = store.Now;
        events.Emit("invoice.finalized", invoice);
    }

    private void Collect(JsonObject invoice, long amountMinor)
    {
        var subscription = store.Find("subscription", invoice["parent"]!["subscription_details"]!.Text("subscription"));
        var intent = payments.Begin(invoice, amountMinor, [], subscription.Text("default_payment_method"));
        var payment = store.Add(StripeBillingShapes.InvoicePayment().With(
            ("id", store.NewId("inpay_1")), ("amount_paid", amountMinor), ("amount_requested", amountMinor), ("created", store.Now),
            ("currency", invoice.Text("currency")), ("invoice", invoice.Text("id"))));
        payment["payment"]!["payment_intent"] = intent.Text("id");
        store.PaidWith[invoice.Name("id")] = intent.Name("id");
        store.PaidWith[intent.Name("id")] = invoice.Name("id");
        payment["status_transitions"]!["paid_at"] = store.Now;
        payments.Succeed(intent, announce: false);
    }

    private string Describe(JsonNode item, JsonObject price) => string.Create(CultureInfo.InvariantCulture,
        $"{item.Whole("quantity")} × {catalogue.ProductOf(price).Text("name")} (at {StripeMoney.Format(price)})");
}
