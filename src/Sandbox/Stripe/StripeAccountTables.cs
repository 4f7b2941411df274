using System.Text.Json.Nodes;
using static BillingMonolith.Sandbox.Board;
using static BillingMonolith.Sandbox.Layout;
using static BillingMonolith.Sandbox.StripeLayout;

namespace BillingMonolith.Sandbox;

/// <summary>The dashboard's tables of what is in the account, each row with its buttons.</summary>
internal sealed class StripeAccountTables(StripeStore store, StripeCheckout checkout, StripeRenewals renewals)
{
    public string Settling() => Table("Session|Amount|The bank says", checkout.Settling.Select(s => $"""
        <tr><td>{Id(s.Text("id"))}<br><span class="soft small">{Encode(s["customer_details"]?.Text("email"))}</span></td>
        <td class="num">{StripeMoney.Format(s.Whole("amount_total"), s.Text("currency"))}</td>
        <td class="little">{Button("settle", "Paid", ("session", s.Text("id")), ("ok", "true"))}
        {Button("settle", "Refused", ("session", s.Text("id")), ("ok", "false"))}</td></tr>
        """), "No delayed payment waits. “Pay later” on a checkout page makes one.");

    public string Sessions() => Table("Session|What|Status|Amount|", store.All("checkout.session").Select(s =>
    {
        var action = s.Text("status") == "open" ? Button("expire", "Expire", ("session", s.Text("id"))) : "";
        return $"""
            <tr><td>{(s.Text("url") is { } url ? $"""<a href="{Encode(url)}">{Id(s.Text("id"))}</a>""" : Id(s.Text("id")))}<br>
            <span class="soft small">{Encode(s["customer_details"]?.Text("email"))}</span></td><td>{Encode(s.Text("mode"))}</td>
            <td>{Badge(s.Text("status"))} {(s.Text("status") == "complete" ? Badge(s.Text("payment_status")) : "")}</td>
            <td class="num">{StripeMoney.Format(s.Whole("amount_total"), s.Text("currency"))}</td><td class="little">{action}</td></tr>
            """;
    }), "Nobody has bought anything yet. Try the <a href=\"/shop\">shop</a>.");

    public string Subscriptions() => Table("Subscription|Plan|Status|Period ends|", store.All("subscription").Select(s =>
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
}
