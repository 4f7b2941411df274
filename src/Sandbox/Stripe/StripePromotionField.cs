using System.Text.Json.Nodes;
using static BillingMonolith.Sandbox.Layout;

namespace BillingMonolith.Sandbox;

/// <summary>Where the checkout page takes a promotion code, and what it shows of it.</summary>
internal sealed class StripePromotionField(StripePromotions promotions)
{
    public const string Style = """
        .code { display:grid; gap:.375rem } .code .row { flex-wrap:nowrap } .code input { text-transform:uppercase }
        .code input::placeholder { text-transform:none } .code [aria-invalid] { border-color:var(--bad) } .wrong { color:var(--bad); font-size:.875rem }
        .off form { display:inline-flex } .off button { min-height:32px; padding:.125rem .625rem; font-size:.8125rem; font-weight:500 }
        """;

    /// <summary>The discount as a line of the summary; nothing without one.</summary>
    public string Line(JsonObject session) => promotions.Of(session) is not { } code ? "" : $"""
        <li class="between off"><span><strong>{Encode(code.Text("code"))}</strong><span class="soft small">{Encode(promotions.Describe(code))}</span></span>
        <span class="row">{(session.Text("status") == "open" ? $"""
        <form method="post" action="/c/pay/{Encode(session.Text("id"))}/code"><button name="promotion_code" value="">Remove<span class="sr"> the code</span>
        </button></form>
        """ : "")}<span class="num">−{StripeMoney.Format(session["total_details"]!.Whole("amount_discount"), session.Text("currency"))}</span></span></li>
        """;

    /// <summary>The field; nothing when the session takes no codes, has one, or is not open.</summary>
    /// <param name="session">The checkout session.</param>
    /// <param name="wrong">The code that was typed and does not work, and why.</param>
    public string Field(JsonObject session, (string Code, string Reason)? wrong)
    {
        if (session.Text("status") != "open" || session["allow_promotion_codes"] is not { } allowed || !(bool)allowed) return "";
        if (promotions.Of(session) is not null) return "";
        var known = string.Join(", ", promotions.Codes);
        var invalid = wrong is null ? "" : " aria-invalid=\"true\" aria-describedby=\"wrong\"";
        var error = wrong is null ? "" : $"""<p class="wrong" id="wrong" role="alert">{Encode(wrong.Value.Reason)}</p>""";
        return $"""
            <form method="post" action="/c/pay/{Encode(session.Text("id"))}/code" class="code">
            <label for="code">Promotion code</label>
            <div class="row"><input id="code" name="promotion_code" required maxlength="40" autocomplete="off" spellcheck="false"
              value="{Encode(wrong?.Code)}"{invalid}><button>Apply</button></div>
            {error}{(known.Length > 0 ? $"""<p class="soft small">In this sandbox: {Encode(known)}</p>""" : "")}</form>
            """;
    }
}
