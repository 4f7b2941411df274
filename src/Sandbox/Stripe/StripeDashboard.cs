using System.Globalization;
using System.Text.Json.Nodes;
using static BillingMonolith.Sandbox.StripeLayout;

namespace BillingMonolith.Sandbox;

/// <summary>What is in the account, with the buttons of everybody but the buyer: support, the bank, the calendar and bad luck.</summary>
internal sealed class StripeDashboard(
    StripeStandIn stripe, StripeStore store, StripeCheckout checkout, StripePayments payments, StripeRenewals renewals, StripeWebhooks webhooks)
{
    private const int Rows = 40;

    private const string Style = """
        .board { display:grid; gap:1.25rem; grid-template-columns:minmax(0,1fr) 19rem }
        .board > * { display:grid; gap:1.25rem; align-content:start; min-width:0 }
        @media (max-width:900px) { .board { grid-template-columns:minmax(0,1fr) } .board aside { order:-1 } }
        .card { display:grid; gap:.75rem; align-content:start }
        .faults label { display:flex; align-items:center; gap:.625rem; font-weight:500; min-height:34px }
        .faults input { width:auto; min-height:0 } .faults input[type=number] { width:5rem; padding:.25rem .5rem }
        .empty { color:var(--soft); font-size:.875rem }
        .actions { display:flex; flex-wrap:wrap; gap:.375rem; min-width:17rem } .actions .row { flex-wrap:nowrap; width:100% }
        .actions select { min-height:34px; padding:.125rem .5rem; font-size:.8125rem } td form { display:inline-flex } details summary { cursor:pointer }
        .id { display:inline-block; max-width:13rem; overflow:hidden; text-overflow:ellipsis; white-space:nowrap; vertical-align:bottom }
        """;

    public void Map(WebApplication routes)
    {
        routes.MapGet("/", Shown(context => WriteAsync(context, store.Do(Render))));
        On("change", f => stripe.ChangePlan(f("subscription"), f("price")), "subscriptions");
        On("cancel-later", f => stripe.CancelAtPeriodEnd(f("subscription"), f("undo").Length == 0), "subscriptions");
        On("cancel", f => stripe.Cancel(f("subscription")), "subscriptions");
        On("card", f => stripe.BreakCard(f("subscription"), f("broken") == "true"), "subscriptions");
        On("settle", f => stripe.Settle(f("session"), f("ok") == "true"), "settling");
        On("refund", f => stripe.Refund(f("session")), "sessions");
        On("expire", f => stripe.Expire(f("session")), "sessions");
        On("resend", f => _ = stripe.DeliverAsync(f("event")), "events");
        On("faults", SetFaults, "faults");
        On("advance", f => Advance(f("by")), "clock");

        void On(string action, Action<Func<string, string>> act, string section) => routes.MapPost($"/dashboard/{action}", Shown(async context =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            act(name => form[name].ToString());
            SeeOther(context, $"/#{section}");
        }));
    }

    private void SetFaults(Func<string, string> form)
    {
        var faults = stripe.DeliveryFaults;
        faults.Repeat = int.TryParse(form("repeat"), CultureInfo.InvariantCulture, out var times) ? Math.Clamp(times, 1, 100) : 1;
        faults.Delay = TimeSpan.FromSeconds(double.TryParse(form("delay"), CultureInfo.InvariantCulture, out var seconds) ? Math.Clamp(seconds, 0, 3600) : 0);
        faults.Shuffle = form("shuffle").Length > 0;
        faults.Drop = form("drop").Length > 0;
    }

    private void Advance(string by)
    {
        if (stripe.Time is not SandboxClock clock) throw StripeFault.Bad("This stand-in runs on the real clock.");
        if (by == "month") clock.AdvanceMonths(1);
        else clock.Advance(TimeSpan.FromDays(1));
    }

    private string Render() => Page("Stripe dashboard", Style, $"""
        {Top("/", "Stripe stand-in")}
        <main><div class="board"><div>
        {Section("settling", "Payments on their way", Settling())}
        {Section("subscriptions", "Subscriptions", Subscriptions())}
        {Section("sessions", "Checkout sessions", Sessions())}
        {Section("events", "Events and their deliveries", Events())}
        </div><aside>{Clock()}{Faults()}</aside></div></main>
        """);

    private static string Section(string id, string title, string content) => $"""<section class="card" id="{id}"><h2>{title}</h2>{content}</section>""";

    private static string Table(string head, IEnumerable<string> rows, string none)
    {
        var list = rows.Take(Rows).ToList();
        var columns = string.Concat(head.Split('|').Select(h => $"""<th scope="col">{h}</th>"""));
        return list.Count == 0 ? $"""<p class="empty">{none}</p>"""
            : $"""
              <div class="scroll" tabindex="0" role="region" aria-label="Table">
              <table><thead><tr>{columns}</tr></thead><tbody>{string.Concat(list)}</tbody></table></div>
              """;
    }

    private static string Button(string action, string text, params ReadOnlySpan<(string Name, string? Value)> fields)
    {
        var hidden = "";
        foreach (var (name, value) in fields) hidden += $"""<input type="hidden" name="{name}" value="{Encode(value)}">""";
        return $"""<form method="post" action="/dashboard/{action}">{hidden}<button>{Encode(text)}</button></form> """;
    }

    private static string Id(string? id) => $"""<span class="mono id" title="{Encode(id)}">{Encode(id)}</span>""";

    private string Settling() => Table("Session|Amount|The bank says", checkout.Settling.Select(s => $"""
        <tr><td>{Id(s.Text("id"))}<br><span class="soft small">{Encode(s["customer_details"]?.Text("email"))}</span></td>
        <td class="num">{StripeMoney.Format(s.Whole("amount_total"), s.Text("currency"))}</td>
        <td class="little">{Button("settle", "Paid", ("session", s.Text("id")), ("ok", "true"))}
        {Button("settle", "Refused", ("session", s.Text("id")), ("ok", "false"))}</td></tr>
        """), "No delayed payment waits. “Pay later” on a checkout page makes one.");

    private string Sessions() => Table("Session|What|Status|Amount|", store.All("checkout.session").Select(s =>
    {
        var charge = s.Text("payment_status") == "paid" ? payments.ChargeOf(s) : null;
        var action = s.Text("status") == "open" ? Button("expire", "Expire", ("session", s.Text("id")))
            : charge is not null && !charge.Flag("refunded") ? Button("refund", "Refund", ("session", s.Text("id"))) : "";
        return $"""
            <tr><td>{(s.Text("url") is { } url ? $"""<a href="{Encode(url)}">{Id(s.Text("id"))}</a>""" : Id(s.Text("id")))}<br>
            <span class="soft small">{Encode(s["customer_details"]?.Text("email"))}</span></td><td>{Encode(s.Text("mode"))}</td>
            <td>{Badge(s.Text("status"))} {(s.Text("status") == "complete" ? Badge(s.Text("payment_status")) : "")}
            {(charge is not null && charge.Flag("refunded") ? Badge("refunded") : "")}</td>
            <td class="num">{StripeMoney.Format(s.Whole("amount_total"), s.Text("currency"))}</td><td class="little">{action}</td></tr>
            """;
    }), "Nobody has bought anything yet. Try the <a href=\"/shop\">shop</a>.");

    private string Subscriptions() => Table("Subscription|Plan|Status|Period ends|", store.All("subscription").Select(s =>
    {
        var (item, id, ended) = (s["items"]!["data"]![0]!, s.Name("id"), s.Text("status") == "canceled");
        var more = (ended || !s.Flag("cancel_at_period_end") ? "" : Badge("ends")) +
            (ended || !renewals.HasBrokenCard(id) ? "" : Badge("card declined"));
        return $"""
            <tr><td>{Id(id)}<br>{Id(s.Text("customer"))}</td><td>{Encode(item["price"]!.Text("lookup_key"))}<br>
            <span class="soft small num">{StripeMoney.Format(item["price"]!)}</span></td>
            <td><div class="tight" style="justify-items:start">{Badge(s.Text("status"))}{more}</div></td>
            <td class="num" style="white-space:nowrap">{Day(item.Whole("current_period_end"))}</td>
            <td class="little">{(ended ? "" : Actions(s, item))}</td></tr>
            """;
    }), "No subscription yet.");

    private string Actions(JsonObject subscription, JsonNode item)
    {
        var (id, ends, broken) = (subscription.Name("id"), subscription.Flag("cancel_at_period_end"), renewals.HasBrokenCard(subscription.Name("id")));
        var options = string.Concat(store.All("price").Where(p => p["recurring"] is not null && p.Text("lookup_key") is not null).Reverse()
            .Select(p => $"""<option{(p.Text("id") == item["price"]!.Text("id") ? " selected" : "")}>{Encode(p.Text("lookup_key"))}</option>"""));
        return $"""
            <div class="actions"><form method="post" action="/dashboard/change" class="row">
            <input type="hidden" name="subscription" value="{Encode(id)}">
            <select name="price" aria-label="Plan">{options}</select><button>Change</button></form>
            {Button("cancel-later", ends ? "Keep it" : "Cancel at period end", ("subscription", id), ("undo", ends ? "yes" : ""))}
            {Button("cancel", "Cancel now", ("subscription", id))}
            {Button("card", broken ? "Mend the card" : "Decline renewals", ("subscription", id), ("broken", broken ? "false" : "true"))}</div>
            """;
    }

    private string Events()
    {
        var attempts = stripe.Deliveries.ToLookup(a => a.EventId);
        return Table("Event|Happened|Deliveries|", stripe.Events.Reverse().Select(e =>
        {
            var pending = webhooks.Pending(e.Id);
            var tries = attempts[e.Id].ToList();
            var list = string.Concat(tries.TakeLast(10).Select(a => $"""
                <div class="mono">{a.At.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)}
                {(a.Status > 0 ? a.Status.ToString(CultureInfo.InvariantCulture) : "—")} {Encode(a.Error)}</div>
                """));
            var count = string.Create(CultureInfo.InvariantCulture, $"{tries.Count} {(tries.Count == 1 ? "try" : "tries")}");
            return $"""
                <tr><td><strong>{Encode(e.Type)}</strong><br>{Id(e.Id)}</td><td class="num">{When(e.Created)}</td>
                <td>{Badge(pending > 0 ? "waiting" : tries.Count > 0 ? "delivered" : "nobody listens")}
                <details class="small"><summary>{count}</summary>{list}</details></td><td class="little">{Button("resend", "Resend", ("event", e.Id))}</td></tr>
                """;
        }), "Nothing has happened yet.");
    }

    private string Clock() => Section("clock", "Clock", $"""
        <p class="num">{When(store.Now)} <span class="soft">UTC</span></p>
        {(stripe.Time is SandboxClock clock ? $"""
        <p class="soft small">{string.Create(CultureInfo.InvariantCulture, $"{clock.Offset.TotalDays:0.#}")} days ahead of real time.
        Renewals, trial ends and expiries happen as it passes them.</p>
        <div class="row little">{Button("advance", "Advance 1 day", ("by", "day"))}{Button("advance", "Advance 1 month", ("by", "month"))}</div>
        """ : """<p class="soft small">The real clock; it cannot be advanced.</p>""")}
        """);

    private string Faults()
    {
        var faults = stripe.DeliveryFaults;
        static string Checked(bool on) => on ? " checked" : "";
        return Section("faults", "Bad luck with deliveries", $"""
            <form method="post" action="/dashboard/faults" class="stack faults little">
            <label><input type="number" name="repeat" min="1" max="100" value="{faults.Repeat.ToString(CultureInfo.InvariantCulture)}"> times each</label>
            <label>
            <input type="number" name="delay" min="0" max="3600" step="0.1"
              value="{faults.Delay.TotalSeconds.ToString(CultureInfo.InvariantCulture)}"> seconds late</label>
            <label><input type="checkbox" name="shuffle"{Checked(faults.Shuffle)}> In any order</label>
            <label><input type="checkbox" name="drop"{Checked(faults.Drop)}> Never delivered, only listed</label>
            <button>Apply to what happens next</button></form>
            """);
    }
}
