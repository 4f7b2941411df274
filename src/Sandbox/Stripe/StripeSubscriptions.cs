using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Subscriptions: how they start, change at a request, and end. What the calendar does to them is in <see cref="StripeRenewals"/>.</summary>
internal sealed class StripeSubscriptions(StripeStore store, StripeEvents events, StripeInvoices invoices, StripeRenewals renewals,
    StripePaymentMethods methods)
{
    private const string Updatable =
        "items cancel_at_period_end cancellation_details metadata proration_behavior proration_date payment_behavior default_payment_method description expand";

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
        if (subscription.Name("status") == "canceled") return Annotate(subscription, form);
        if (form.Flag("cancel_at_period_end") is not null && subscription.Text("schedule") is { } schedule)
            throw StripeFault.Bad($"The subscription is managed by the subscription schedule `{schedule}`, and updating any cancelation behavior directly " +
                "is not allowed. Please update the schedule instead.", "cancel_at_period_end");
        if (RefusesUnpaid(form) && IsDeclined(subscription) && ChangeItems(subscription.Copy(), form).Sum(l => l.Whole("amount")) > 0)
            throw new StripeFault(402, "Your card was declined.") { Type = "card_error", Code = "card_declined", DeclineCode = "generic_decline" };
        var (charged, period) = (new List<JsonObject>(), subscription["items"]!["data"]![0]!.Whole("current_period_end"));
        events.Change("customer.subscription.updated", subscription, () =>
        {
            form.Merge("metadata", subscription["metadata"]!.AsObject());
            if (form.Text("description") is { } description) subscription["description"] = description.Length > 0 ? description : null;
            charged = ChangeItems(subscription, form);
            if (form.Flag("cancel_at_period_end") is { } cancel) CancelLater(subscription, cancel, form.Group("cancellation_details"));
            if (charged.Count > 0) subscription["latest_invoice"] = store.NewId("in_1");
        });
        if (subscription["items"]!["data"]![0]!.Whole("current_period_end") != period) renewals.Watch(subscription);
        if (charged.Count > 0) renewals.Collect(subscription, invoices.Issue(subscription, "subscription_update", charged, (store.Now, store.Now)));
        return subscription;
    }

    /// <summary>An ended subscription can still be written on, and nothing more.</summary>
    private JsonObject Annotate(JsonObject subscription, StripeForm form)
    {
        if (form.Names.Except(["metadata", "cancellation_details", "expand"]).Any())
            throw StripeFault.Bad("A canceled subscription can only update its cancellation_details and metadata.");
        events.Change("customer.subscription.updated", subscription, () =>
        {
            form.Merge("metadata", subscription["metadata"]!.AsObject());
            if (form.Group("cancellation_details") is { } details) Explain(subscription, details, subscription["cancellation_details"]!.Text("reason"));
        });
        return subscription;
    }

    /// <summary>The invoice of a change that is billed at once, without the change.</summary>
    public JsonObject Preview(StripeForm form)
    {
        form.Only("customer subscription subscription_details expand");
        var copy = store.Find("subscription", form.Need("subscription"), "subscription").Copy();
        var details = form.Group("subscription_details") ?? throw StripeFault.MissingParameter("subscription_details");
        details.Only("items proration_behavior proration_date");
        if (details.Text("proration_behavior") != "always_invoice")
            throw StripeFault.Bad("This stand-in previews what is invoiced at once.", details.PathOf("proration_behavior"));
        return invoices.Draft(copy, store.NewId("upcoming_in_1"), "upcoming", ChangeItems(copy, details), (store.Now, store.Now));
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
        var (status, price) = (form.Text("status"), store.Filter(form, "price"));
        var matching = store.All("subscription", form, "customer")
            .Where(s => price is null || s["items"]!.Data().Any(i => i["price"]!.Text("id") == price))
            .Where(s => status switch
            {
                "all" => true,
                null or "" => s.Name("status") != "canceled",
                "ended" => s.Name("status") is "canceled" or "incomplete_expired",
                _ => s.Name("status") == status,
            });
        return StripeLists.Page("/v1/subscriptions", matching, form);
    }

    private bool IsDeclined(JsonObject subscription) => renewals.HasBrokenCard(subscription.Name("id"))
        || methods.BehaviourOf(subscription.Text("default_payment_method") ?? "") != StripeCard.Good;

    private static bool RefusesUnpaid(StripeForm form) => form.Text("payment_behavior") switch
    {
        "error_if_incomplete" => form.Text("proration_behavior") == "always_invoice",
        null or "" or "allow_incomplete" => false,
        var other => throw StripeFault.Bad($"This stand-in has no {other}.", "payment_behavior"),
    };

    /// <summary>The lines of the changed items that are billed now; of those that wait for the next invoice they are kept apart.</summary>
    private List<JsonObject> ChangeItems(JsonObject subscription, StripeForm form)
    {
        var (behaviour, at) = (form.Text("proration_behavior") ?? "create_prorations", form.Whole("proration_date") ?? store.Now);
        return [.. form.Items("items").SelectMany(item => ChangeItem(subscription, item, behaviour, at))];
    }

    /// <summary>Another price for an item. Another interval starts a new period and is billed at once; the same interval is prorated.</summary>
    private List<JsonObject> ChangeItem(JsonObject subscription, StripeForm change, string proration, long at)
    {
        change.Only("id price quantity metadata");
        var item = subscription["items"]!.Data().FirstOrDefault(i => i.Text("id") == change.Need("id"))
            ?? throw StripeFault.Missing("subscription_item", change.Text("id"), change.PathOf("id"));
        if (at < item.Whole("current_period_start") || at > item.Whole("current_period_end"))
            throw StripeFault.Bad("Cannot specify `proration_date` outside of the current billing period.", "proration_date");
        var before = item.Copy();
        if (change.Whole("quantity") is { } quantity) item["quantity"] = quantity;
        if (change.Text("price") is { Length: > 0 } wanted)
        {
            var price = store.Find("price", wanted, change.PathOf("price"));
            if (price["recurring"] is null) throw StripeFault.Bad("The price specified is set to `type=one_time`.", change.PathOf("price"));
            item.With(("price", price.Copy()), ("plan", StripeBillingShapes.Plan(price)));
        }

        if (JsonNode.DeepEquals(before, item) || subscription.Name("status") == "trialing") return [];
        var lines = renewals.Prorate(subscription, before, item, proration, at);
        if (proration != "create_prorations" || item.Whole("current_period_end") != before.Whole("current_period_end")) return lines;
        renewals.Keep(subscription, lines);
        return [];
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
        details?.Only("comment feedback feedback_option>=endive");
        subscription["cancellation_details"] = new JsonObject
        {
            ["comment"] = details?.Text("comment"),
            ["feedback"] = details?.Text("feedback"),
            ["feedback_option"] = details?.Text("feedback_option"),
            ["reason"] = reason,
        };
    }

    private JsonObject NewItem(string subscription, JsonObject price, long quantity) => StripeBillingShapes.SubscriptionItem().With(
        ("id", store.NewId("si_", 14)), ("created", store.Now), ("current_period_start", store.Now), ("plan", StripeBillingShapes.Plan(price)),
        ("price", price.Copy()), ("quantity", quantity), ("subscription", subscription));
}
