using static BillingMonolith.Sandbox.Layout;

namespace BillingMonolith.Sandbox;

/// <summary>What Stripe's pages have in common beyond the look: their bar, their statuses, their refusals.</summary>
internal static class StripeLayout
{
    /// <summary>The bar above the dashboard and the shop.</summary>
    public static string Top(string current, string brand) => Layout.Top(brand, current, ("/", "Stripe dashboard"), ("/shop", "Shop"));

    /// <summary>A status as a badge: green when all is well, amber when something waits, red when it ended or failed.</summary>
    public static string Badge(string? status) => Layout.Badge(status?.Replace('_', ' '), status switch
    {
        "active" or "complete" or "paid" or "no_payment_required" or "delivered" or "succeeded" or "won" => "good",
        "pending" or "needs_response" or "under_review" or "warning_needs_response" or "warning_under_review" or "partly refunded" or
            "trialing" or "open" or "unpaid" or "past_due" or "waiting" or "ends" or "card declined" => "warn",
        "canceled" or "expired" or "failed" or "declined" or "lost" => "bad",
        _ => "",
    });

    /// <summary>A handler whose refusals are shown as a page.</summary>
    public static RequestDelegate Shown(Func<HttpContext, Task> handle) => async context =>
    {
        try
        {
            await handle(context);
        }
        catch (StripeFault fault)
        {
            await WriteAsync(context, Page("Not possible", "", $"""
                <main class="stack" style="max-width:34rem"><h1>That is not possible</h1><p class="note bad" role="alert">{Encode(fault.Message)}</p>
                <p><a href="/">Go to the dashboard</a></p></main>
                """), fault.Status);
        }
    };
}
