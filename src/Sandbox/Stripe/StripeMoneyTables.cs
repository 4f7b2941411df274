using System.Globalization;
using System.Text.Json.Nodes;
using static BillingMonolith.Sandbox.Board;
using static BillingMonolith.Sandbox.Layout;
using static BillingMonolith.Sandbox.StripeLayout;

namespace BillingMonolith.Sandbox;

/// <summary>The dashboard's tables of payments, with what support and the banks can do to them, and of the cards that customers keep.</summary>
internal sealed class StripeMoneyTables(StripeStore store, StripePaymentMethods methods)
{
    public const string Style = """
        .part { flex-wrap:nowrap } .part input { width:6rem; min-height:34px; padding:.125rem .5rem; font-size:.8125rem }
        .after { display:grid; gap:.375rem; margin-top:.375rem } .after .row { gap:.375rem } .after .row:first-child { border-top:1px dashed var(--line);
          padding-top:.5rem }
        """;

    public string Payments() => Table("Payment|Status|Amount|What happens to it", store.All("charge").Select(charge =>
    {
        var (id, currency, refunded) = (charge.Name("id"), charge.Text("currency"), charge.Whole("amount_refunded"));
        var disputes = Of("dispute", id);
        var chargedBack = disputes.Any(d => !d.Flag("is_charge_refundable") && d.Name("status") != "won");
        var part = refunded == 0 ? "" : $"""<br><span class="soft small">{StripeMoney.Format(refunded, currency)} refunded</span>""";
        var actions = (charge.Flag("refunded") || chargedBack ? "" : RefundActions(id)) +
            (disputes.Any(d => !StripeDisputes.IsClosed(d)) ? "" : DisputeActions(id));
        var after = string.Concat(disputes.Select(AfterDispute)) + string.Concat(Of("refund", id).Select(AfterRefund));
        return $"""
            <tr><td>{Id(id)}<br><span class="soft small">{Encode(charge.Text("description") ?? charge.Text("receipt_email"))}</span></td>
            <td>{Badge(charge.Flag("refunded") ? "refunded" : refunded > 0 ? "partly refunded" : charge.Text("status"))}</td>
            <td class="num">{StripeMoney.Format(charge.Whole("amount"), currency)}{part}</td>
            <td class="little"><div class="actions">{actions}</div>{(after.Length > 0 ? $"""<div class="after">{after}</div>""" : "")}</td></tr>
            """;
    }), "Nobody has paid anything yet.");

    public string Cards() => Table("Card|Customer|Answers|From now on", store.All("payment_method").Where(m => m.Text("customer") is not null).Select(m =>
    {
        var (id, now) = (m.Name("id"), methods.BehaviourOf(m.Name("id")));
        var others = string.Concat(Enum.GetValues<StripeCard>().Where(b => b != now)
            .Select(b => Button("behave", Words(b), ("card", id), ("as", b.ToString()))));
        return $"""
            <tr><td>{Encode(m["card"]!.Text("brand"))} •••• {Encode(m["card"]!.Text("last4"))}<br>{Id(id)}</td>
            <td>{Id(m.Text("customer"))}<br><span class="soft small">{Encode(store.TryFind(m.Text("customer"))?.Text("email"))}</span></td>
            <td>{Layout.Badge(Words(now), now == StripeCard.Good ? "good" : "warn")}</td><td class="little"><div class="actions">{others}</div></td></tr>
            """;
    }), "Nobody keeps a card. A checkout with <span class=\"mono\">setup_future_usage</span> leaves one.");

    private static string Words(StripeCard behaviour) => behaviour switch
    {
        StripeCard.Good => "pays",
        StripeCard.Declined => "is declined",
        _ => "needs authentication",
    };

    private static string RefundActions(string charge) => $"""
        {Button("refund", "Refund all", ("paid", charge))}
        <form method="post" action="/dashboard/refund" class="row part"><input type="hidden" name="paid" value="{Encode(charge)}">
        <input name="amount" inputmode="decimal" required placeholder="0.00" aria-label="Amount to refund"><button>Refund part</button></form>
        """;

    private static string DisputeActions(string charge) =>
        Button("dispute", "Dispute", ("paid", charge)) + Button("dispute", "Inquire", ("paid", charge), ("inquiry", "yes"));

    private static string AfterDispute(JsonObject dispute)
    {
        var id = dispute.Name("id");
        var buttons = StripeDisputes.IsClosed(dispute) ? ""
            : StripeDisputes.IsInquiry(dispute)
                ? Button("escalate", "Escalate", ("dispute", id)) + Button("close-dispute", "Close", ("dispute", id), ("won", "true"))
                : Button("close-dispute", "Won", ("dispute", id), ("won", "true")) + Button("close-dispute", "Lost", ("dispute", id), ("won", "false"));
        return After(StripeDisputes.IsInquiry(dispute) ? "Inquiry" : "Dispute", dispute, buttons);
    }

    private static string AfterRefund(JsonObject refund)
    {
        var (id, status) = (refund.Name("id"), refund.Name("status"));
        return After("Refund", refund, (status == "pending" ? Button("settle-refund", "Arrives", ("refund", id)) : "") +
            (status == "failed" ? "" : Button("fail-refund", "Fails", ("refund", id))));
    }

    private static string After(string what, JsonObject thing, string buttons) => $"""
        <div class="row"><span>{what} of <span class="num">{StripeMoney.Format(thing.Whole("amount"), thing.Text("currency"))}</span></span>
        {Badge(thing.Text("status"))}{buttons}</div>
        """;

    private List<JsonObject> Of(string kind, string charge) => [.. store.All(kind).Where(o => o.Text("charge") == charge)];

    /// <summary>What a person types in the currency's main unit, in its minor unit; null = nothing was typed.</summary>
    public long? Minor(string charge, string typed)
    {
        if (typed.Trim().Length == 0) return null;
        return decimal.TryParse(typed, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture, out var amount) && amount is > 0 and < 1_000_000_000
            ? (long)(amount * StripeMoney.Unit(store.Find("charge", charge).Text("currency")))
            : throw StripeFault.Bad($"“{typed}” is not an amount.");
    }
}
