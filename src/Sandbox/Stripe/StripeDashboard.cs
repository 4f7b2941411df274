using System.Globalization;

namespace BillingMonolith.Sandbox;

/// <summary>What is in the account, with the buttons of everybody but the buyer: support, the bank, the calendar and bad luck.</summary>
internal sealed class StripeDashboard(StripeStandIn stripe, StripeStore store, StripeCheckout checkout, StripeWebhooks webhooks)
{
    private const int Shown = 40;

    private const string Style = """
        .board { display:grid; gap:1.25rem; grid-template-columns:minmax(0,1fr) 19rem } .board > * { display:grid; gap:1.25rem; align-content:start; min-width:0 }
        @media (max-width:900px) { .board { grid-template-columns:minmax(0,1fr) } .board aside { order:-1 } }
        .card { display:grid; gap:.75rem; align-content:start } .faults label { display:flex; align-items:center; gap:.625rem; font-weight:500; min-height:34px }
        .faults input { width:auto; min-height:0 } .faults input[type=number] { width:5rem; padding:.25rem .5rem } .empty { color:var(--soft); font-size:.875rem }
        td form { display:inline } details summary { cursor:pointer } .id { display:inline-block; max-width:13rem; overflow:hidden; text-overflow:ellipsis; white-space:nowrap; vertical-align:bottom }
        """;

    public void Map(WebApplication routes)
    {
        routes.MapGet("/", StripeLayout.Shown(context => StripeLayout.WriteAsync(context, store.Do(Render))));
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

        void On(string action, Action<Func<string, string>> act, string section) => routes.MapPost($"/dashboard/{action}", StripeLayout.Shown(async context =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            act(name => form[name].ToString());
            StripeLayout.SeeOther(context, $"/#{section}");
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

    private string Render() => StripeLayout.Page("Stripe dashboard", Style, $"""
        {StripeLayout.Top("/", "Stripe stand-in")}
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
        var list = rows.Take(Shown).ToList();
        var columns = string.Concat(head.Split('|').Select(h => $"""<th scope="col">{h}</th>"""));
        return list.Count == 0 ? $"""<p class="empty">{none}</p>"""
            : $"""<div class="scroll" tabindex="0" role="region" aria-label="Table"><table><thead><tr>{columns}</tr></thead><tbody>{string.Concat(list)}</tbody></table></div>""";
    }

    private static string Button(string action, string text, params ReadOnlySpan<(string Name, string? Value)> fields)
    {
        var hidden = "";
        foreach (var (name, value) in fields) hidden += $"""<input type="hidden" name="{name}" value="{StripeLayout.Encode(value)}">""";
        return $"""<form method="post" action="/dashboard/{action}">{hidden}<button>{StripeLayout.Encode(text)}</button></form> """;
    }

    private static string Id(string? id) => $"""<span class="mono id" title="{StripeLayout.Encode(id)}">{StripeLayout.Encode(id)}</span>""";

    private string Settling() => Table("Session|Amount|The bank says", checkout.Settling.Select(s => $"""
        <tr><td>{Id(s.Text("id"))}<br><span class="soft small">{StripeLayout.Encode(s["customer_details"]?.Text("email"))}</span></td>
        <td class="num">{StripeMoney.Format(s.Whole("amount_total"), s.Text("currency"))}</td>
        <td class="little">{Button("settle", "Paid", ("session", s.Text("id")), ("ok", "true"))}{Button("settle", "Refused", ("session", s.Text("id")), ("ok", "false"))}</td></tr>
        """), "No delayed payment waits. “Pay later” on a checkout page makes one.");

    private string Sessions() => Table("Session|What|Status|Amount|", store.All("checkout.session").Select(s => $"""
        <tr><td>{(s.Text("url") is { } url ? $"""<a href="{StripeLayout.Encode(url)}">{Id(s.Text("id"))}</a>""" : Id(s.Text("id")))}<br>
        <span class="soft small">{StripeLayout.Encode(s["customer_details"]?.Text("email"))}</span></td><td>{StripeLayout.Encode(s.Text("mode"))}</td>
        <td>{StripeLayout.Badge(s.Text("status"))} {(s.Text("status") == "complete" ? StripeLayout.Badge(s.Text("payment_status")) : "")}</td>
        <td class="num">{StripeMoney.Format(s.Whole("amount_total"), s.Text("currency"))}</td>
        <td class="little">{(s.Text("status") == "open" ? Button("expire", "Expire", ("session", s.Text("id"))) : "")}
        {(s.Text("payment_status") == "paid" ? Button("refund", "Refund", ("session", s.Text("id"))) : "")}</td></tr>
        """), "Nobody has bought anything yet. Try the <a href=\"/shop\">shop</a>.");

    private string Subscriptions() => Table("Subscription|Plan|Status|Renews|", store.All("subscription").Select(s =>
    {
        var (item, id, ends) = (s["items"]!["data"]![0]!, s.Text("id"), s.Flag("cancel_at_period_end"));
        var options = string.Concat(store.All("price").Where(p => p["recurring"] is not null && p.Text("lookup_key") is not null).Reverse()
            .Select(p => $"""<option{(p.Text("id") == item["price"]!.Text("id") ? " selected" : "")}>{StripeLayout.Encode(p.Text("lookup_key"))}</option>"""));
        var actions = s.Text("status") == "canceled" ? "" : $"""
            <form method="post" action="/dashboard/change" class="row" style="margin-bottom:.375rem"><input type="hidden" name="subscription" value="{StripeLayout.Encode(id)}">
            <select name="price" aria-label="Plan" style="width:auto;min-height:34px;padding:.125rem .5rem">{options}</select><button>Change</button></form>
            {Button("cancel-later", ends ? "Keep it" : "Cancel at period end", ("subscription", id), ("undo", ends ? "yes" : ""))}{Button("cancel", "Cancel now", ("subscription", id))}
            {Button("card", "Break card", ("subscription", id), ("broken", "true"))}{Button("card", "Mend card", ("subscription", id), ("broken", "false"))}
            """;
        return $"""
            <tr><td>{Id(id)}<br>{Id(s.Text("customer"))}</td><td>{StripeLayout.Encode(item["price"]!.Text("lookup_key"))}<br><span class="soft small num">{StripeMoney.Format(item["price"]!)}</span></td>
            <td>{StripeLayout.Badge(s.Text("status"))}{(ends && actions.Length > 0 ? "<br>" + StripeLayout.Badge("ends") : "")}</td>
            <td class="num">{StripeLayout.When(item.Whole("current_period_end"))}</td><td class="little">{actions}</td></tr>
            """;
    }), "No subscription yet.");

    private string Events()
    {
        var attempts = stripe.Deliveries.ToLookup(a => a.EventId);
        return Table("Event|Happened|Deliveries|", stripe.Events.Reverse().Select(e =>
        {
            var pending = webhooks.Pending(e.Id);
            var tries = attempts[e.Id].ToList();
            var list = string.Concat(tries.TakeLast(10).Select(a => $"""
                <div class="mono">{a.At.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)} {(a.Status > 0 ? a.Status.ToString(CultureInfo.InvariantCulture) : "—")} {StripeLayout.Encode(a.Error)}</div>
                """));
            var count = string.Create(CultureInfo.InvariantCulture, $"{tries.Count} {(tries.Count == 1 ? "try" : "tries")}");
            return $"""
                <tr><td><strong>{StripeLayout.Encode(e.Type)}</strong><br>{Id(e.Id)}</td><td class="num">{StripeLayout.When(e.Created)}</td>
                <td>{StripeLayout.Badge(pending > 0 ? "waiting" : tries.Count > 0 ? "delivered" : "nobody listens")}
                <details class="small"><summary>{count}</summary>{list}</details></td><td class="little">{Button("resend", "Resend", ("event", e.Id))}</td></tr>
                """;
        }), "Nothing has happened yet.");
    }

    private string Clock() => Section("clock", "Clock", $"""
        <p class="num">{StripeLayout.When(store.Now)} <span class="soft">UTC</span></p>
        {(stripe.Time is SandboxClock clock ? $"""
        <p class="soft small">{string.Create(CultureInfo.InvariantCulture, $"{clock.Offset.TotalDays:0.#}")} days ahead of real time. Renewals, trial ends and expiries happen as it passes them.</p>
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
            <label><input type="number" name="delay" min="0" max="3600" step="0.1" value="{faults.Delay.TotalSeconds.ToString(CultureInfo.InvariantCulture)}"> seconds late</label>
            <label><input type="checkbox" name="shuffle"{Checked(faults.Shuffle)}> In any order</label>
            <label><input type="checkbox" name="drop"{Checked(faults.Drop)}> Never delivered, only listed</label>
            <button>Apply to what happens next</button></form>
            """);
    }
}
