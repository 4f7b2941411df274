using System.Text.Json.Nodes;
using static BillingMonolith.Sandbox.Layout;
using static BillingMonolith.Sandbox.StripeLayout;

namespace BillingMonolith.Sandbox;

/// <summary>The customer portal: who has a session's address is the customer, sees the plan, ends or keeps it, and has a card that works or does not.</summary>
internal sealed class StripePortal(
    StripeStore store, StripePortalSettings settings, StripeSubscriptions subscriptions, StripeRenewals renewals, Func<string> url)
{
    private const string Style = """
        main.portal { max-width:40rem; display:grid; gap:1.25rem } .portal .card { display:grid; gap:.75rem }
        .portal .price { font-size:1.5rem; font-weight:700 } .portal form { margin:0 }
        """;

    public JsonObject Create(StripeForm form)
    {
        form.Only("customer return_url configuration flow_data locale on_behalf_of expand");
        var customer = store.Find("customer", form.Need("customer"), "customer");
        var id = store.NewId("bps_1");
        return store.Add(new JsonObject
        {
            ["id"] = id, ["object"] = "billing_portal.session", ["configuration"] = settings.For(form), ["created"] = store.Now,
            ["customer"] = customer.Text("id"), ["customer_account"] = null, ["flow"] = null, ["livemode"] = false,
            ["locale"] = form.Text("locale"), ["on_behalf_of"] = null, ["return_url"] = form.Text("return_url"), ["url"] = $"{url()}/p/session/{id}",
        });
    }

    public void Map(WebApplication routes)
    {
        routes.MapGet("/p/session/{id}", Shown(context => WriteAsync(context, store.Do(() => Render(Find(context))))));
        routes.MapPost("/p/session/{id}/{action}", Shown(async context =>
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            SeeOther(context, store.Do(() => Act(Find(context), (string)context.Request.RouteValues["action"]!, form["subscription"].ToString())));
        }));
    }

    private JsonObject Find(HttpContext context) => store.Find("billing_portal.session", context.Request.RouteValues["id"] as string);

    private string Act(JsonObject session, string action, string id)
    {
        var subscription = store.Find("subscription", id);
        if (subscription.Text("customer") != session.Text("customer")) throw StripeFault.Missing("subscription", id);
        if (action == "card") renewals.BreakCard(id, !renewals.HasBrokenCard(id));
        else subscriptions.Update(id, StripeForm.Parse($"cancel_at_period_end={(subscription.Flag("cancel_at_period_end") ? "false" : "true")}"));
        return $"/p/session/{session.Name("id")}";
    }

    private string Render(JsonObject session)
    {
        var plans = store.All("subscription").Where(s => s.Text("customer") == session.Text("customer") && s.Name("status") != "canceled")
            .Select(s => Plan(session.Name("id"), s)).ToList();
        var back = session.Text("return_url") is { } address ? $"""<p><a href="{Encode(address)}">← Back to the shop</a></p>""" : "";
        return Page("Customer portal", Style, $"""
            <main class="portal">{back}<div class="row"><h1>Your billing</h1><span class="soft small">Stripe's customer portal, test mode</span></div>
            {(plans.Count > 0 ? string.Concat(plans) : """<p class="card soft">You have no plan at the moment.</p>""")}</main>
            """);
    }

    private string Plan(string session, JsonObject subscription)
    {
        var (item, id) = (subscription["items"]!["data"]![0]!, subscription.Name("id"));
        var (ends, broken) = (subscription.Flag("cancel_at_period_end"), renewals.HasBrokenCard(id));
        return $"""
            <section class="card"><div class="between"><h2>{Encode(item["price"]!.Text("lookup_key"))}</h2>{Badge(subscription.Text("status"))}</div>
            <p class="price num">{StripeMoney.Format(item["price"]!)}</p>
            <p class="soft">{(ends ? "Ends" : "Renews")} on {Day(item.Whole("current_period_end"))}. The card {(broken ? "is declined" : "works")}.</p>
            <div class="row">{Button("cancel", ends ? "Keep the plan" : "Cancel the plan")}
            {Button("card", broken ? "Use a card that works" : "Use a card that fails")}</div></section>
            """;

        string Button(string action, string text) => $"""
            <form method="post" action="/p/session/{Encode(session)}/{action}"><input type="hidden" name="subscription" value="{Encode(id)}">
            <button>{Encode(text)}</button></form>
            """;
    }
}
