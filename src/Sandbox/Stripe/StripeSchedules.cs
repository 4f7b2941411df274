using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Subscription schedules: what a subscription becomes when its period ends. <see cref="StripeRenewals"/> has its calendar.</summary>
internal sealed class StripeSchedules(StripeStore store, StripeEvents events)
{
    public JsonObject Create(StripeForm form)
    {
        form.Only("from_subscription expand");
        var subscription = store.Find("subscription", form.Need("from_subscription"), "from_subscription");
        if (subscription.Text("status") is "canceled" or "incomplete_expired")
            throw StripeFault.Bad("You cannot migrate a subscription that is already canceled.", "from_subscription");
        if (subscription.Text("schedule") is { } other)
            throw StripeFault.Bad($"You cannot migrate a subscription that is already attached to a schedule: `{other}`.", "from_subscription");
        var item = subscription["items"]!["data"]![0]!;
        var (start, end) = (item.Whole("current_period_start"), item.Whole("current_period_end"));
        var schedule = store.Add(StripeBillingShapes.Schedule().With(
            ("id", store.NewId("sub_sched_1")), ("created", store.Now), ("customer", subscription.Text("customer")), ("subscription", subscription.Text("id")),
            ("end_behavior", subscription.Flag("cancel_at_period_end") ? "cancel" : "release"), ("current_phase", Span(start, end)),
            ("phases", new JsonArray(Phase(subscription, start, end, subscription["items"]!.Data()
                .Select(i => Item(i["price"]!.Name("id"), i.Whole("quantity"), i["metadata"]!.Copy())))))));
        events.Emit("subscription_schedule.created", schedule);
        Attach(subscription, schedule.Text("id"));
        return schedule;
    }

    public JsonObject Update(string id, StripeForm form)
    {
        form.Only("end_behavior phases proration_behavior metadata expand");
        var schedule = Active(id);
        var subscription = store.Find("subscription", schedule.Text("subscription"));
        var (sent, current) = (form.Items("phases"), schedule["current_phase"]!);
        if (sent.Count == 0) throw StripeFault.MissingParameter("phases");
        if (sent[0].Whole("start_date") != current.Whole("start_date"))
            throw StripeFault.Bad("You can not modify the start date of the current phase.", sent[0].PathOf("start_date"));
        var phases = new List<JsonObject>();
        foreach (var phase in sent) phases.Add(PhaseOf(subscription, phase, phases.LastOrDefault()?.Whole("end_date") ?? current.Whole("start_date")));
        if (!JsonNode.DeepEquals(phases[0]["items"], schedule["phases"]!.AsArray().First(p => p!.Whole("start_date") == current.Whole("start_date"))!["items"]))
            throw StripeFault.Bad("This stand-in does not change the current phase.", sent[0].PathOf("items"));
        events.Change("subscription_schedule.updated", schedule, () =>
        {
            form.Merge("metadata", schedule["metadata"]!.AsObject());
            schedule.With(("phases", new JsonArray([.. phases])), ("current_phase", Span(phases[0].Whole("start_date"), phases[0].Whole("end_date"))),
                ("end_behavior", form.Text("end_behavior") ?? schedule.Text("end_behavior")));
        });
        return schedule;
    }

    public JsonObject Release(string id, StripeForm form)
    {
        form.Only("preserve_cancel_date expand");
        var schedule = Active(id);
        var subscription = store.Find("subscription", schedule.Text("subscription"));
        schedule.With(("status", "released"), ("released_at", store.Now), ("released_subscription", subscription.Text("id")), ("subscription", null),
            ("current_phase", null));
        Attach(subscription, null);
        events.Emit("subscription_schedule.released", schedule);
        return schedule;
    }

    /// <summary>A period ends, inside the subscription's own change: its next phase begins. Answers what is to be told afterwards.</summary>
    public Action Turn(JsonObject subscription)
    {
        if (store.TryFind(subscription.Text("schedule")) is not { } schedule || schedule["current_phase"]!.Whole("end_date") > store.Now) return () => { };
        var before = schedule.Copy();
        if (schedule["phases"]!.AsArray().FirstOrDefault(p => p!.Whole("start_date") == store.Now) is not { } next)
        {
            subscription["schedule"] = null;
            schedule.With(("status", "completed"), ("completed_at", store.Now), ("current_phase", null));
            return () => events.Emit("subscription_schedule.completed", schedule);
        }

        Take(subscription, next["items"]!.AsArray());
        foreach (var (key, value) in next["metadata"]!.AsObject()) subscription["metadata"]![key] = value!.DeepClone();
        schedule["current_phase"] = Span(next.Whole("start_date"), next.Whole("end_date"));
        return () => events.Emit("subscription_schedule.updated", schedule, before);
    }

    /// <summary>The subscription has the phase's items and no others; one whose price goes on keeps its id.</summary>
    private void Take(JsonObject subscription, JsonArray phaseItems)
    {
        var list = subscription["items"]!.AsObject();
        var before = list.Data().ToList();
        var items = phaseItems.Select(i => i!.AsObject()).Select(named =>
        {
            var price = store.Find("price", named.Text("price"));
            var item = before.Find(i => i["price"]!.Text("id") == price.Text("id"))?.Copy() ?? StripeBillingShapes.SubscriptionItem().With(
                ("id", store.NewId("si_", 14)), ("created", store.Now), ("subscription", subscription.Text("id")));
            foreach (var (key, value) in named["metadata"]!.AsObject()) item["metadata"]![key] = value!.DeepClone();
            return item.With(("price", price.Copy()), ("plan", StripeBillingShapes.Plan(price)), ("quantity", named.Whole("quantity")));
        }).ToList();
        if (Interval(before[0]) != Interval(items[0])) subscription["billing_cycle_anchor"] = store.Now;
        list.With(("data", new JsonArray([.. items])), ("total_count", (long)items.Count));
    }

    private static string? Interval(JsonObject item) => item["price"]!["recurring"]!.Text("interval");

    /// <summary>Its subscription has ended.</summary>
    public void End(JsonObject subscription)
    {
        if (store.TryFind(subscription.Text("schedule")) is not { } schedule) return;
        schedule.With(("status", "canceled"), ("canceled_at", store.Now), ("current_phase", null));
        events.Emit("subscription_schedule.canceled", schedule);
    }

    private JsonObject Active(string id)
    {
        var schedule = store.Find("subscription_schedule", id);
        return schedule.Text("status") == "active" ? schedule : throw StripeFault.Bad(
            $"You cannot update a subscription schedule that is currently in the `{schedule.Text("status")}` status. Only `active`, `not_started` can be.");
    }

    private void Attach(JsonObject subscription, string? schedule) =>
        events.Change("customer.subscription.updated", subscription, () => subscription["schedule"] = schedule);

    private JsonObject PhaseOf(JsonObject subscription, StripeForm sent, long start)
    {
        sent.Only("start_date end_date duration items metadata proration_behavior trial_end discounts");
        if (sent.Items("items").Count == 0) throw StripeFault.MissingParameter(sent.PathOf("items"));
        var items = sent.Items("items").Select(named => ItemOf(subscription, named)).ToList();
        if (sent.Whole("start_date") is { } given && given != start) throw StripeFault.Bad("Phases must follow each other.", sent.PathOf("start_date"));
        var phase = Phase(subscription, start, sent.Whole("end_date") ?? EndOf(sent, start), items);
        return phase.With(("metadata", sent.Metadata("metadata")), ("trial_end", sent.Whole("trial_end")),
            ("proration_behavior", sent.Text("proration_behavior") ?? "create_prorations"));
    }

    private JsonObject ItemOf(JsonObject subscription, StripeForm named)
    {
        named.Only("price quantity metadata");
        var price = store.Find("price", named.Need("price"), named.PathOf("price"));
        if (price.Text("currency") != subscription.Text("currency"))
            throw StripeFault.Bad("The price specified must match the currency of the subscription.", named.PathOf("price"));
        return Item(price.Name("id"), named.Whole("quantity") ?? 1, named.Metadata("metadata"));
    }

    private static long EndOf(StripeForm sent, long start)
    {
        var duration = sent.Group("duration") ?? throw StripeFault.MissingParameter(sent.PathOf("end_date"));
        duration.Only("interval interval_count");
        return StripeRenewals.Next(start, start, new JsonObject
        {
            ["recurring"] = new JsonObject { ["interval"] = duration.Need("interval"), ["interval_count"] = duration.Whole("interval_count") ?? 1L },
        });
    }

    private static JsonObject Phase(JsonObject subscription, long start, long end, IEnumerable<JsonObject> items) => StripeBillingShapes.Phase().With(
        ("currency", subscription.Text("currency")), ("start_date", start), ("end_date", end), ("trial_end", (long?)subscription["trial_end"]),
        ("items", new JsonArray([.. items])));

    private static JsonObject Item(string price, long quantity, JsonObject metadata) =>
        StripeBillingShapes.PhaseItem().With(("price", price), ("plan", price), ("quantity", quantity), ("metadata", metadata));

    private static JsonObject Span(long start, long end) => new() { ["end_date"] = end, ["start_date"] = start };
}
