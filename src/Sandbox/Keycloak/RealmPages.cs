using static BillingMonolith.Sandbox.Layout;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>The small pages that a person meets on the way in and out: one card in the middle.</summary>
internal static class RealmPages
{
    private const string Style = """
        body { min-height:100vh; min-height:100dvh; display:grid; align-content:start; justify-items:center; padding:clamp(1.25rem,7vh,5rem) 1rem 2rem }
        main { width:100%; max-width:25rem; padding:0; display:grid; gap:1.25rem } main .card { padding:1.5rem; display:grid; gap:1.25rem }
        .realm { font-size:.875rem; font-weight:600; color:var(--soft); text-align:center; letter-spacing:.01em }
        form.stack { gap:1rem } input { border-color:color-mix(in srgb,var(--soft) 75%,var(--card)) }
        """;

    public static Html Card(string title, string realm, string card, string below = "", string style = "", int status = 200) =>
        new Html(Page(title, Style + style, $"""
            <main><p class="realm">{Encode(realm)}</p><section class="card">{card}</section>{below}</main>
            """), status);

    public static Html Message(string title, string text, string tone = "good", int status = 200) =>
        Card(title, "Keycloak stand-in", $"""<h1>{Encode(title)}</h1><p class="note {tone}" role="{(tone == "bad" ? "alert" : "status")}">{Encode(text)}</p>""",
            status: status);

    /// <summary>A page as an answer.</summary>
    internal sealed record Html(string Text, int Status = 200) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            context.Response.Headers.CacheControl = "no-store";
            return WriteAsync(context, Text, Status);
        }
    }
}
