using System.Globalization;
using System.Text.Json.Nodes;
using static BillingMonolith.Sandbox.Layout;
using static BillingMonolith.Sandbox.StripeLayout;

namespace BillingMonolith.Sandbox;

/// <summary>The SaaS's own shop, as small as it can be: it opens sessions exactly as the contract's shop does.</summary>
internal sealed class StripeShop(StripeStandIn stripe)
{
    private const string Style = """
        .goods { display:grid; grid-template-columns:repeat(auto-fill,minmax(12.5rem,1fr)); gap:1rem }
        .goods .card { display:grid; gap:.75rem; align-content:space-between }
        .price { font-size:1.5rem; font-weight:700 } .price small { display:block; font-size:.875rem; font-weight:500; color:var(--soft) }
        .who { max-width:26rem }
        h2 { margin-top:.75rem }
        .wrap { overflow-wrap:anywhere }
        """;

    private static readonly string[] Tiers = ["trial", "starter", "professional", "founders-friend", "enterprise"];
    private static readonly string[] Packs = ["starter", "standard", "pro", "enterprise"];

    public static string PackForm(ShopUser user, string code, string url, string price)
    {
        var credits = code switch { "starter" => 1_000, "standard" => 5_000, "pro" => 10_000, _ => 50_000 };
        var metadata = new Dictionary<string, string>
        {
            ["purpose"] = "credit_pack",
            ["package_code"] = code,
            ["credits"] = credits.ToString(CultureInfo.InvariantCulture),
            ["user_id"] = user.Id,
        };
        return Form("payment", user, url, price, metadata, "payment_intent_data");
    }

    public static string PlanForm(ShopUser user, string tier, string cycle, string url, string price) =>
        Form("subscription", user, url, price, new Dictionary<string, string>
        {
            ["user_id"] = user.Id,
            ["user_email"] = user.Email,
            ["customer_email"] = user.Email,
            ["tier_id"] = tier,
            ["tier_name"] = CultureInfo.InvariantCulture.TextInfo.ToTitleCase(tier.Replace('-', ' ')),
            ["billing_cycle"] = cycle,
        }, "subscription_data");

    public void Map(WebApplication routes)
    {
        routes.MapGet("/shop", Shown(context => WriteAsync(context, Render())));
        routes.MapGet("/shop/thanks", Shown(context => WriteAsync(context, Thanks(context.Request.Query["session_id"]))));
        routes.MapPost("/shop/buy", Shown(async context =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            var guest = form["user"] == "";
            var user = stripe.ShopUsers.FirstOrDefault(u => u.Id == form["user"]);
            if (user is null && !guest) throw StripeFault.Bad("Choose one of the demo users.");
            var id = form["what"].ToString().Split('/') switch
            {
                ["dfy", var plan] => stripe.OpenDfySession(user, plan),
                ["cart"] => stripe.OpenCartSession(user),
                _ when guest => throw StripeFault.Bad("A guest can order, but packs and plans belong to somebody: choose one of the demo users."),
                ["plan", var tier, var cycle] => stripe.OpenPlanSession(user!, tier, cycle),
                var what => stripe.OpenPackSession(user!, what[^1]),
            };
            SeeOther(context, $"{stripe.Url}/c/pay/{id}");
        }));
    }

    private static string Form(string mode, ShopUser user, string url, string price, Dictionary<string, string> metadata, string alsoOn)
    {
        var form = new List<string>
        {
            $"mode={mode}", $"line_items[0][price]={price}", "line_items[0][quantity]=1", "allow_promotion_codes=true",
            $"client_reference_id={Uri.EscapeDataString(user.Id)}", $"customer_email={Uri.EscapeDataString(user.Email)}",
            $"success_url={Uri.EscapeDataString(url + "/shop/thanks?session_id=")}{{CHECKOUT_SESSION_ID}}", $"cancel_url={Uri.EscapeDataString(url + "/shop")}",
        };
        foreach (var (key, value) in metadata)
            form.AddRange($"metadata[{key}]={Uri.EscapeDataString(value)}", $"{alsoOn}[metadata][{key}]={Uri.EscapeDataString(value)}");
        return string.Join('&', form);
    }

    private string Render()
    {
        var users = string.Concat(stripe.ShopUsers.Select(u =>
            $"""<option value="{Encode(u.Id)}">{Encode(u.Name)} ({Encode(u.Email)})</option>"""));
        var prices = stripe.Prices;
        var body = prices.Count == 0 || stripe.ShopUsers.Count == 0
            ? """<p class="note warn">There is nothing to sell or nobody to buy yet. Start the sandbox with its catalogue and its demo users.</p>"""
            : $"""
              <form method="post" action="/shop/buy" class="stack">
              <label class="who">You are<select name="user">{users}<option value="">A guest, who can order</option></select></label>
              <h2>Credit packs</h2><div class="goods">{string.Concat(Packs.Select(code => Offer($"pack/{code}", prices[$"credits_{code}"], "Buy")))}</div>
              <h2>Plans, by the month</h2><div class="goods">{Plans(prices, "monthly")}</div>
              <h2>Plans, by the year</h2><div class="goods">{Plans(prices, "yearly")}</div>
              <h2>Orders</h2><div class="goods">{Orders()}</div>
              </form>
              """;
        return Page("Shop", Style, $"""{Top("/shop", "Sandbox shop")}<main class="stack"><h1>Choose a pack, a plan or an order</h1>{body}</main>""");
    }

    private static string Plans(IReadOnlyDictionary<string, JsonObject> prices, string cycle) => string.Concat(Tiers
        .Where(tier => prices.ContainsKey($"{tier}_{cycle}")).Select(tier => Offer($"plan/{tier}/{cycle}", prices[$"{tier}_{cycle}"], "Subscribe")));

    private static string Orders() => string.Concat(StripeOrderForms.Plans.Select(p => Offer($"dfy/{p.Plan}", p.Name, p.Says, p.PriceMinor, "Order"))) +
        Offer("cart", "A cart", string.Join(", ", StripeOrderForms.Goods.Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Quantity} × {g.Name}"))),
            StripeOrderForms.Goods.Sum(g => g.PriceMinor * g.Quantity), "Order");

    private static string Offer(string what, string name, string says, long priceMinor, string verb) => $"""
        <div class="card"><div class="tight"><h3>{Encode(name)}</h3><p class="soft small">{Encode(says)}</p>
        <p class="price num">{StripeMoney.Format(priceMinor, "usd")}</p></div>
        <button name="what" value="{Encode(what)}">{verb}<span class="sr"> {Encode(name)}</span></button></div>
        """;

    private static string Offer(string what, JsonObject price, string verb)
    {
        var product = price["product"]!;
        var detail = product.Text("description") is { } text ? $"""<p class="soft small">{Encode(text)}</p>""" : "";
        var per = price["recurring"] is { } recurring ? $"<small>/ {Encode(recurring.Text("interval"))}</small>" : "";
        return $"""
            <div class="card"><div class="tight"><h3>{Encode(product.Text("name"))}</h3>{detail}
            <p class="price num">{StripeMoney.Format(price.Whole("unit_amount"), price.Text("currency"))}{per}</p></div>
            <button name="what" value="{Encode(what)}">{verb}<span class="sr"> {Encode(product.Text("name"))}</span></button></div>
            """;
    }

    private string Thanks(string? id)
    {
        var session = stripe.Read(id ?? "");
        var (title, tone, text) = session.Text("payment_status") switch
        {
            "unpaid" => ("Almost there", "warn", "Your bank debit is on its way. Settle it on the Stripe dashboard to see what follows."),
            "no_payment_required" => ("Thank you", "good", "Your coupon paid for it all."),
            _ => ("Thank you", "good", "Your payment has arrived."),
        };
        var rows = string.Concat(new[] { "id", "mode", "status", "payment_status", "customer", "subscription", "payment_intent" }
            .Where(n => session.Text(n) is not null)
            .Select(n => $"""<tr><th scope="row">{n.Replace('_', ' ')}</th><td class="mono wrap">{Encode(session.Text(n))}</td></tr>"""));
        return Page("Thank you", Style, $"""
            {Top("/shop", "Sandbox shop")}
            <main class="stack" style="max-width:44rem"><h1>{title}</h1><p class="note {tone}" role="status">{text}</p>
            <div class="card"><table>{rows}<tr><th scope="row">total</th>
            <td class="num">{StripeMoney.Format(session.Whole("amount_total"), session.Text("currency"))}</td></tr></table></div>
            <p><a href="/shop">Buy something else</a> · <a href="/#events">See the events</a></p></main>
            """);
    }
}
