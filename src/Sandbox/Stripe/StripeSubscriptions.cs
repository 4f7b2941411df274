using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Subscriptions: how they start, change at a request, and end. What the calendar does to them is in <see cref="StripeRenewals"/>.</summary>
internal sealed class StripeSubscriptions(StripeStore store, StripeEvents events, StripeInvoices invoices, StripeRenewals renewals,
    StripePaymentMethods methods)
{
    private const string Updatable =
        "items cancel_at_period_end cancellation_details metadata proration_behavior payment_behavior default_payment_method description expand";

    public JsonObject Start(JsonObject session, StripeBasket basket, StripePayment how)
    {
        var id = store.NewId("sub_1");
        var now = store.Now;
        var trialEnd = basket.TrialDays > 0 ? now + basket.TrialDays * 24 * 3600 : (long?)null;
        var sold = basket.Items.Where(i => i["price"]!["recurring"] is not null).ToList();
        var periodEnd = trialEnd ?? StripeRenewals.Next(now, now, sold[0]["price"]!);
        var items = sold.Select(i => NewItem(id, i["price"]!.AsObject(), i.Whole("quantity")).With(("current_period_end", periodEnd)));
        var card = methods.Card(session.Text("customer"), session["customer_details"]).Name("id");
        var subscription = store.Add(StripeBillingShapes.Subscription().With(
            ("id", id), ("billing_cycle_anchor", trialEnd ?? now), ("created", now), ("start_date", now), ("currency", session.Text("currency")),
            ("customer", session.Text("customer")), ("default_payment_method", card), ("metadata", basket.SubscriptionMetadata.DeepClone()),
            ("items", StripeJson.List($"/v1/subscription_items?subscription={id}", items).With(("total_count", (long)sold.Count))),
            ("status", trialEnd is null ? "active" : "trialing"), ("trial_start", trialEnd is null ? null : now), ("trial_end", trialEnd),
            ("latest_invoice", store.NewId("in_1"))));
        events.Emit("customer.subscription.created", subscription);

        var lines = subscription["items"]!.Data()
            .Select(i => invoices.Line(subscription, i, trialEnd is null ? i["price"]!.Whole("unit_amount") * i.Whole("quantity") : 0)).ToList();
        var invoice = invoices.Issue(subscription, "subscription_create", lines, (now, now), session["total_details"]!.Whole("amount_discount"));
        if (how != StripePayment.Later) invoices.Pay(invoice);
        renewals.Watch(subscription);
        return subscription;
    }

    public JsonObject Update(string id, StripeForm form)
    {
        form.Only(Updatable);
        var subscription = store.Find("subscription", id);
        if (subscription.Name("status") == "canceled")
            throw StripeFault.Bad("A canceled subscription can only update its cancellation_details and metadata.");
        var charged = new List<JsonObject>();
        events.Change("customer.subscription.updated", subscription, () =>
        {
            form.Merge("metadata", subscription["metadata"]!.AsObject());
            if (form.Text("description") is { } description) subscription["description"] = description.Length > 0 ? description : null;
            foreach (var item in form.Items("items")) charged.AddRange(ChangeItem(subscription, item, form.Text("proration_behavior") ?? "create_prorations"));
            if (form.Flag("cancel_at_period_end") is { } cancel) CancelLater(subscription, cancel, form.Group("cancellation_details"));
            if (charged.Count > 0) subscription["latest_invoice"] = store.NewId("in_1");
        });
        if (charged.Count > 0) invoices.Pay(invoices.Issue(subscription, "subscription_update", charged, (store.Now, store.Now)));
        return subscription;
    }

    public JsonObject Cancel(string id, StripeForm form)
    {
        form.Only("cancellation_details invoice_now prorate expand");
        var subscription = store.Find("subscription", id);
        if (subscription.Name("status") == "canceled") throw StripeFault.Missing("subscription", id);
        Explain(subscription, form.Group("cancellation_details"), "cancellation_requested");
        subscription["canceled_at"] = store.Now;
        renewals.End(subscription);
        return subscription;
    }

    /// <summary>A delayed first payment was refused.</summary>
    public void PaymentFailed(string id, JsonObject invoice)
    {
        var subscription = store.Find("subscription", id);
        invoices.Fail(invoice, nextAttempt: null);
        if (subscription.Name("status") == "active") events.Change("customer.subscription.updated", subscription, () => subscription["status"] = "past_due");
    }

    public JsonObject List(StripeForm form)
    {
        form.Only(StripeLists.Paging + " customer price plan status collection_method");
        var status = form.Text("status");
        var matching = store.All("subscription")
            .Where(s => (form.Text("customer") ?? s.Text("customer")) == s.Text("customer"))
            .Where(s => form.Text("price") is not { Length: > 0 } price || s["items"]!.Data().Any(i => i["price"]!.Text("id") == price))
            .Where(s => status switch
            {
                "all" => true,
                null or "" => s.Name("status") != "canceled",
                "ended" => s.Name("status") is "canceled" or "incomplete_expired",
                _ => s.Name("status") == status,
            });
        return StripeLists.Page("/v1/subscriptions", matching, form);
    }

    /// <summary>Another price for an item. Another interval starts a new period and is billed at once; the same interval is prorated.</summary>
    private List<JsonObject> ChangeItem(JsonObject subscription, StripeForm change, string proration)
    {
        change.Only("id price quantity metadata");
        var item = subscription["items"]!.Data().FirstOrDefault(i => i.Text("id") == change.Need("id"))
            ?? throw StripeFault.Missing("subscription_item", change.Text("id"), change.PathOf("id"));
        var before = item.Copy();
        if (change.Whole("quantity") is { } quantity) item["quantity"] = quantity;
        if (change.Text("price") is { Length: > 0 } wanted)
        {
            var price = store.Find("price", wanted, change.PathOf("price"));
            if (price["recurring"] is null) throw StripeFault.Bad("The price specified is set to `type=one_time`.", change.PathOf("price"));
            item.With(("price", price.Copy()), ("plan", StripeBillingShapes.Plan(price)));
        }

        if (JsonNode.DeepEquals(before, item) || subscription.Name("status") == "trialing") return [];
        return renewals.Prorate(subscription, before, item, proration);
    }

    private void CancelLater(JsonObject subscription, bool cancel, StripeForm? details)
    {
        if (cancel == subscription.Flag("cancel_at_period_end")) return;
        Explain(subscription, details, cancel ? "cancellation_requested" : null);
        subscription.With(
            ("cancel_at_period_end", cancel), ("cancel_at", cancel ? subscription["items"]!["data"]![0]!.Whole("current_period_end") : null),
            ("canceled_at", cancel ? store.Now : null));
    }

    private static void Explain(JsonObject subscription, StripeForm? details, string? reason)
    {
        details?.Only("comment feedback");
        subscription["cancellation_details"] = new JsonObject
        {
            ["comment"] = details?.Text("comment"),
            ["feedback"] = details?.Text("feedback"),
            ["reason"] = reason,
        };
    }

    private JsonObject NewItem(string subscription, JsonObject price, long quantity) => StripeBillingShapes.SubscriptionItem().With(
        ("id", store.NewId("si_", 14)), ("created", store.Now), ("current_period_start", store.Now), ("plan", StripeBillingShapes.Plan(price)),
        ("price", price.Copy()), ("quantity", quantity), ("subscription", subscription));
}
