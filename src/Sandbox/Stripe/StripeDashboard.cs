using System.Globalization;
using static BillingMonolith.Sandbox.Board;
using static BillingMonolith.Sandbox.Layout;
using static BillingMonolith.Sandbox.StripeLayout;

namespace BillingMonolith.Sandbox;

/// <summary>What is in the account, with the buttons of everybody but the buyer: support, the bank, the calendar and bad luck.</summary>
internal sealed class StripeDashboard(StripeStandIn stripe, StripeStore store, StripeWebhooks webhooks, StripeAccountTables tables, StripeMoneyTables money)
{
    private const string FaultStyle = """
        .faults label { display:flex; align-items:center; gap:.625rem; font-weight:500; min-height:34px }
        .faults input { width:auto; min-height:0 } .faults input[type=number] { width:5rem; padding:.25rem .5rem }
        """;

    public void Map(WebApplication routes)
    {
        routes.MapGet("/", Shown(context => WriteAsync(context, store.Do(Render))));
        On("change", f => stripe.ChangePlan(f("subscription"), f("price")), "subscriptions");
        On("cancel-later", f => stripe.CancelAtPeriodEnd(f("subscription"), f("undo").Length == 0), "subscriptions");
        On("cancel", f => stripe.Cancel(f("subscription")), "subscriptions");
        On("card", f => stripe.BreakCard(f("subscription"), f("broken") == "true"), "subscriptions");
        On("settle", f => stripe.Settle(f("session"), f("ok") == "true"), "settling");
        On("refund", f => stripe.Refund(f("paid"), store.Do(() => money.Minor(f("paid"), f("amount")))), "payments");
        On("settle-refund", f => stripe.SettleRefund(f("refund")), "payments");
        On("fail-refund", f => stripe.FailRefund(f("refund")), "payments");
        On("dispute", f => stripe.Dispute(f("paid"), inquiry: f("inquiry").Length > 0), "payments");
        On("escalate", f => stripe.EscalateInquiry(f("dispute")), "payments");
        On("close-dispute", f => stripe.CloseDispute(f("dispute"), f("won") == "true"), "payments");
        On("behave", f => stripe.CardBehaves(f("card"), Enum.Parse<StripeCard>(f("as"))), "cards");
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

    private string Render() => Page("Stripe dashboard", Style + FaultStyle + StripeMoneyTables.Style, $"""
        {Top("/", "Stripe stand-in")}
        <main><div class="board"><div>
        {Section("settling", "Payments on their way", tables.Settling())}
        {Section("subscriptions", "Subscriptions", tables.Subscriptions())}
        {Section("sessions", "Checkout sessions", tables.Sessions())}
        {Section("payments", "Payments", money.Payments())}
        {Section("cards", "Saved cards", money.Cards())}
        {Section("events", "Events and their deliveries", Events())}
        </div><aside>{Clock()}{Faults()}</aside></div></main>
        """);

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
