using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>What the calendar does to subscriptions: trials end, periods renew, cancellations take effect, failed cards are tried again.</summary>
internal sealed class StripeRenewals(StripeStore store, StripeEvents events, StripeInvoices invoices, StripeSchedules schedules)
{
    private const long Day = 24 * 3600;

    private readonly HashSet<string> brokenCards = [];
    private readonly Dictionary<string, List<JsonObject>> pendingLines = [];

    /// <summary>From the next renewal on the customer's card is declined (past_due), until it is mended.</summary>
    public void BreakCard(string subscription, bool broken)
    {
        if (broken) brokenCards.Add(subscription);
        else brokenCards.Remove(subscription);
    }

    public bool HasBrokenCard(string subscription) => brokenCards.Contains(subscription);

    /// <summary>The end of the period that starts at <paramref name="start"/>; counted from the anchor, so that the 31st stays the 31st.</summary>
    public static long Next(long anchor, long start, JsonNode price)
    {
        var from = DateTimeOffset.FromUnixTimeSeconds(anchor);
        var (interval, count) = (price["recurring"]!.Text("interval"), (int)price["recurring"]!.Whole("interval_count"));
        for (var n = count; ; n += count)
        {
            var end = (interval switch
            {
                "day" => from.AddDays(n),
                "week" => from.AddDays(7 * n),
                "year" => from.AddYears(n),
                _ => from.AddMonths(n),
            }).ToUnixTimeSeconds();
            if (end > start) return end;
        }
    }

    public void Watch(JsonObject subscription)
    {
        var (id, end) = (subscription.Name("id"), PeriodEnd(subscription));
        store.Schedule(end, () => PeriodEnds(id, end));
        if (subscription.Name("status") != "trialing") return;
        if (end - 3 * Day > store.Now) store.Schedule(end - 3 * Day, () => WarnOfTrialEnd(subscription));
        else WarnOfTrialEnd(subscription);
    }

    public void End(JsonObject subscription)
    {
        subscription.With(("status", "canceled"), ("ended_at", store.Now));
        schedules.End(subscription);
        events.Emit("customer.subscription.deleted", subscription);
    }

    /// <summary>The lines of a change, counted to a moment. Another interval begins a new period now.</summary>
    public List<JsonObject> Prorate(JsonObject subscription, JsonObject before, JsonObject item, string behaviour, long at)
    {
        var (start, end, now) = (before.Whole("current_period_start"), before.Whole("current_period_end"), store.Now);
        var share = (decimal)(end - at) / Math.Max(1, end - start);
        var credit = invoices.Line(subscription, before, -(long)Math.Round(Amount(before) * share), "Unused time", proration: true);
        if (before["price"]!["recurring"]!.Text("interval") != item["price"]!["recurring"]!.Text("interval"))
        {
            subscription["billing_cycle_anchor"] = now;
            item.With(("current_period_start", now), ("current_period_end", Next(now, now, item["price"]!)));
            var whole = invoices.Line(subscription, item, Amount(item));
            return behaviour == "none" ? [whole] : [credit, whole];
        }

        return behaviour == "none" ? []
            : [credit, invoices.Line(subscription, item, (long)Math.Round(Amount(item) * share), "Remaining time", proration: true)];
    }

    /// <summary>These lines wait for the next invoice.</summary>
    public void Keep(JsonObject subscription, List<JsonObject> lines)
    {
        if (!pendingLines.TryAdd(subscription.Name("id"), lines)) pendingLines[subscription.Name("id")].AddRange(lines);
    }

    private void WarnOfTrialEnd(JsonObject subscription)
    {
        if (subscription.Name("status") == "trialing") events.Emit("customer.subscription.trial_will_end", subscription);
    }

    private void PeriodEnds(string id, long end)
    {
        var subscription = store.Find("subscription", id);
        if (subscription.Name("status") == "canceled" || PeriodEnd(subscription) != end) return;
        if (subscription.Flag("cancel_at_period_end")) End(subscription);
        else Renew(subscription);
    }

    private void Renew(JsonObject subscription)
    {
        var first = subscription["items"]!["data"]![0]!;
        var window = (first.Whole("current_period_start"), PeriodEnd(subscription));
        Action told = () => { };
        events.Change("customer.subscription.updated", subscription, () =>
        {
            told = schedules.Turn(subscription);
            if (subscription.Name("status") == "trialing") subscription["status"] = "active";
            subscription["latest_invoice"] = store.NewId("in_1");
            var next = Next(subscription.Whole("billing_cycle_anchor"), store.Now, subscription["items"]!["data"]![0]!["price"]!);
            foreach (var item in subscription["items"]!.Data()) item.With(("current_period_start", store.Now), ("current_period_end", next));
        });
        told();
        pendingLines.Remove(subscription.Name("id"), out var lines);
        lines = [.. lines ?? [], .. subscription["items"]!.Data().Select(i => invoices.Line(subscription, i, Amount(i)))];
        Collect(subscription, invoices.Issue(subscription, "subscription_cycle", lines, window));
        Watch(subscription);
    }

    /// <summary>Charges the card; a declined one is tried again every three days.</summary>
    public void Collect(JsonObject subscription, JsonObject invoice)
    {
        if (subscription.Name("status") == "canceled" || invoice.Name("status") == "paid") return;
        var declined = brokenCards.Contains(subscription.Name("id"));
        if (declined)
        {
            var again = store.Now + 3 * Day;
            invoices.Fail(invoice, again);
            store.Schedule(again, () => Collect(subscription, invoice));
        }
        else
        {
            invoices.Pay(invoice);
        }

        events.Change("customer.subscription.updated", subscription, () => subscription["status"] = declined ? "past_due" : "active");
    }

    private static long PeriodEnd(JsonObject subscription) => subscription["items"]!["data"]![0]!.Whole("current_period_end");

    private static long Amount(JsonNode item) => item["price"]!.Whole("unit_amount") * item.Whole("quantity");
}
