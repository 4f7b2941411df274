using System.Globalization;
using System.Text.Json.Nodes;
using static BillingMonolith.Sandbox.Layout;
using static BillingMonolith.Sandbox.StripeLayout;

namespace BillingMonolith.Sandbox;

/// <summary>The hosted checkout page, where the customer pays; here also where one chooses how it goes.</summary>
internal sealed class StripeCheckoutPage(
    StripeStore store, StripeSessions sessions, StripeCheckout checkout, StripeCatalogue catalogue, StripePromotionField promotion,
    Func<string?, string?> nameOf)
{
    private const string Style = """
        .pay { display:grid; grid-template-columns:1fr 1fr; min-height:100vh }
        .pay > * { padding:4rem clamp(1.25rem,5vw,5rem) } .summary { background:var(--tint); display:flex; flex-direction:column; align-items:flex-end }
        .summary > div,.form > div { width:100%; max-width:26rem } .form { background:var(--card) }
        .amount { font-size:2.5rem; font-weight:700; letter-spacing:-.02em; line-height:1.1 }
        .amount small { font-size:1rem; font-weight:500; letter-spacing:0; color:var(--soft) }
        .lines { list-style:none; margin:0; padding:0 }
        .lines li { padding:.75rem 0; border-top:1px solid color-mix(in srgb,var(--line) 70%,var(--ink) 10%) } .lines li:first-child { border-top:0 }
        .lines .soft { display:block } .lines .soft:empty { display:none } .total { font-weight:700 }
        .method { border:1px solid var(--line); border-radius:10px; padding:1rem; display:grid; gap:.5rem }
        .method .mono { font-size:.9375rem } .others { display:grid; gap:.5rem } .others button { width:100%; justify-content:space-between; font-weight:500 }
        .rule { display:flex; align-items:center; gap:.75rem; color:var(--soft); font-size:.875rem }
        .rule::before,.rule::after { content:""; flex:1; border-top:1px solid var(--line) }
        .test { background:var(--warn-tint); color:var(--warn); border-radius:99px; padding:.0625rem .625rem; font-size:.75rem; font-weight:700 }
        .state { display:grid; gap:1rem; justify-items:start } .foot { margin-top:auto; padding-top:2rem }
        @media (max-width:760px) { .pay { grid-template-columns:1fr; min-height:0 } .pay > * { padding:1.75rem 1.25rem } .summary { align-items:stretch }
        .summary > div,.form > div { max-width:none } }
        """;

    private const string Card = """
        <div class="method" role="group" aria-label="Payment method"><div class="between"><strong>Card</strong>
        <span class="soft small">test card, not charged</span></div>
        <div class="between mono"><span>4242 4242 4242 4242</span><span>12 / 34</span><span>123</span></div></div>
        """;

    public void Map(WebApplication routes)
    {
        routes.MapGet("/c/pay/{id}", Shown(context => WriteAsync(context,
            store.Do(() => Render(Find(context), declined: context.Request.Query.ContainsKey("declined"), wrong: null)))));
        On("pay", StripePayment.Now);
        On("later", StripePayment.Later);
        routes.MapPost("/c/pay/{id}/code", Shown(TypeCodeAsync));
        routes.MapPost("/c/pay/{id}/fail", Shown(context =>
        {
            SeeOther(context, $"/c/pay/{store.Do(() => Find(context).Name("id"))}?declined");
            return Task.CompletedTask;
        }));

        void On(string action, StripePayment how) => routes.MapPost($"/c/pay/{{id}}/{action}", Shown(async context =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            var buyer = new StripeBuyer(Given(form["email"]), Given(form["name"]), ShipTo(form));
            SeeOther(context, store.Do(() => Complete(Find(context), how, buyer)));
        }));
    }

    /// <summary>A code that does not work is said at its field, on the page that the POST answers.</summary>
    private async Task TypeCodeAsync(HttpContext context)
    {
        var code = (await context.Request.ReadFormAsync(context.RequestAborted))["promotion_code"].ToString().Trim();
        try
        {
            SeeOther(context, store.Do(() =>
            {
                var id = Find(context).Name("id");
                checkout.TypeCode(id, code);
                return $"/c/pay/{id}";
            }));
        }
        catch (StripeFault fault) when (fault.Param == "promotion_code")
        {
            await WriteAsync(context, store.Do(() => Render(Find(context), declined: false, wrong: (code, fault.Message))), fault.Status);
        }
    }

    /// <summary>A second click finds the session complete and goes where the first one went.</summary>
    private string Complete(JsonObject session, StripePayment how, StripeBuyer buyer)
    {
        var id = session.Name("id");
        if (session.Name("status") == "expired") return $"/c/pay/{id}";
        if (session.Name("status") == "open") checkout.Pay(id, how, buyer);
        return session.Name("success_url").Replace("{CHECKOUT_SESSION_ID}", id, StringComparison.Ordinal);
    }

    private JsonObject Find(HttpContext context) => store.Find("checkout.session", context.Request.RouteValues["id"] as string);

    private static JsonObject? ShipTo(IFormCollection form) => Given(form["line1"]) is not { } line1 ? null : new JsonObject
    {
        ["line1"] = line1, ["city"] = Given(form["city"]), ["postal_code"] = Given(form["postal_code"]), ["state"] = null, ["country"] = Given(form["country"]),
    };

    /// <summary>Where the goods go, for a session that asks.</summary>
    private static string ShippingFields(JsonObject session)
    {
        if (session["shipping_address_collection"]?["allowed_countries"] is not JsonArray countries) return "";
        var options = string.Concat(countries.Select(c => $"<option>{Encode((string?)c)}</option>"));
        return $"""
            <fieldset class="method"><legend><strong>Shipping address</strong></legend>
            <label>Street<input name="line1" autocomplete="shipping address-line1" required value="1 Sandbox Way"></label>
            <label>Town<input name="city" autocomplete="shipping address-level2" required value="San Francisco"></label>
            <label>Postal code<input name="postal_code" autocomplete="shipping postal-code" required value="94103"></label>
            <label>Country<select name="country">{options}</select></label></fieldset>
            """;
    }

    private static string? Given(string? typed) => string.IsNullOrWhiteSpace(typed) ? null : typed.Trim();

    private string Render(JsonObject session, bool declined, (string Code, string Reason)? wrong)
    {
        var form = session.Name("status") switch
        {
            "open" => Form(session, declined),
            "expired" => State("This checkout has expired", "Nothing was charged. Go back to the shop and start again.",
                session.Text("cancel_url"), "Back to the shop"),
            _ when session.Text("payment_status") == "unpaid" => State("Thank you, your payment is on its way",
                "Your bank takes some days. You will be told when it has arrived.", Success(session), "Continue"),
            _ => State("Payment complete", "Thank you. There is nothing left to do here.", Success(session), "Continue"),
        };
        return Page("Checkout", Style + StripePromotionField.Style, $"""
            <div class="pay">
            <section class="summary" aria-label="Order summary"><div class="stack">{Summary(session)}{promotion.Field(session, wrong)}</div></section>
            <main class="form" style="margin:0;max-width:none"><div class="stack">{form}</div></main>
            </div>
            """);
    }

    private string Summary(JsonObject session)
    {
        var basket = sessions.Basket(session.Name("id"));
        var currency = session.Text("currency");
        var lines = string.Concat(basket.Items.Select(i => $"""
            <li class="between"><span><strong>{Encode(i.Text("description"))}</strong>
            <span class="soft small">{Encode(catalogue.ProductOf(i["price"]!.AsObject()).Text("description"))}</span>
            <span class="soft small">{i.Whole("quantity").ToString(CultureInfo.InvariantCulture)} × {Encode(StripeMoney.Format(i["price"]!))}
            </span></span>
            <span class="num">{StripeMoney.Format(i.Whole("amount_subtotal"), currency)}</span></li>
            """));
        var interval = basket.Items[0]["price"]!["recurring"] is { } recurring ? $" <small>per {Encode(recurring.Text("interval"))}</small>" : "";
        var trial = basket.TrialDays > 0 ? $"""<p class="soft">{basket.TrialDays.ToString(CultureInfo.InvariantCulture)} days free, then as below.</p>""" : "";
        var back = session.Text("cancel_url") is { } cancel ? $"""<a href="{Encode(cancel)}" aria-label="Back to the shop">← Back</a>""" : "";
        return $"""
            <div class="row">{back}<strong>Sandbox shop</strong><span class="test">TEST MODE</span></div>
            <div class="tight">
            <p class="soft">{(session.Text("mode") == "subscription" ? "Subscribe to" : "Pay for")} {Encode(basket.Items[0].Text("description"))}</p>
            <p class="amount num">{StripeMoney.Format(session.Whole("amount_total"), currency)}{interval}</p>{trial}</div>
            <ul class="lines">{lines}{promotion.Line(session)}<li class="between total"><span>Total due today</span>
            <span class="num">{StripeMoney.Format(session.Whole("amount_total"), currency)}</span></li></ul>
            """;
    }

    private string Form(JsonObject session, bool declined)
    {
        var at = $"/c/pay/{Encode(session.Text("id"))}";
        var email = session["customer_details"]?.Text("email");
        var message = declined
            ? """<p class="note bad" role="alert">Your card was declined. Nothing was charged. Try again, or another way of paying.</p>""" : "";
        var free = session.Whole("amount_total") == 0;
        var pay = session.Text("mode") == "subscription" ? "Subscribe" : free ? "Complete order"
            : $"Pay {StripeMoney.Format(session.Whole("amount_total"), session.Text("currency"))}";
        var cancel = session.Text("cancel_url") is { } url ? $"""<p><a class="button" style="width:100%" href="{Encode(url)}">Cancel</a></p>""" : "";
        return $"""
            <h1>Payment</h1>{message}
            <form method="post" action="{at}/pay" class="stack">
            <label>E-mail<input name="email" type="email" autocomplete="email" required value="{Encode(email)}"{(email is null ? "" : " readonly")}></label>
            {ShippingFields(session)}{(free ? "" : Card)}
            <label>{(free ? "Name" : "Name on the card")}
            <input name="name" autocomplete="cc-name" required value="{Encode(nameOf(email) ?? "Sandbox Customer")}"></label>
            <button class="primary" formaction="{at}/pay">{Encode(pay)}</button>
            {(free ? "" : $"""
            <p class="rule">or see what happens when</p>
            <div class="others"><button formaction="{at}/later"><span>Pay later, by bank debit</span>
            <span class="soft small">settles on the dashboard</span>
            </button>
            <button formaction="{at}/fail" formnovalidate><span>The card is declined</span><span class="soft small">stays open</span></button></div>
            """)}
            </form>{cancel}
            """;
    }

    private static string State(string title, string text, string? link, string linkText) => $"""
        <div class="state"><h1>{Encode(title)}</h1><p class="soft">{Encode(text)}</p>
        {(link is null ? "" : $"""<a class="button" href="{Encode(link)}">{Encode(linkText)}</a>""")}</div>
        """;

    private static string Success(JsonObject session) =>
        session.Name("success_url").Replace("{CHECKOUT_SESSION_ID}", session.Name("id"), StringComparison.Ordinal);
}
