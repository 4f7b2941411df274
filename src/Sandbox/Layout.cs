using System.Globalization;
using System.Text.Encodings.Web;

namespace BillingMonolith.Sandbox;

/// <summary>The frame and the look that the pages share: no script, nothing from elsewhere, light and dark, wide and narrow.</summary>
internal static class Layout
{
    private const string Css = """
        :root { color-scheme: light dark; --ground:#f6f8fa; --card:#fff; --ink:#16202c; --soft:#5b6776; --line:#dfe4ea; --accent:#0b6e68; --accent-ink:#fff;
          --tint:#e5f2f1; --good:#0a6b3d; --good-tint:#e3f4ea; --bad:#a8201a; --bad-tint:#fdeceb; --warn:#7a4d00; --warn-tint:#fdf1dc; }
        @media (prefers-color-scheme: dark) { :root { --ground:#0f151c; --card:#18212b; --ink:#e8edf3; --soft:#9aa8b8; --line:#2c3947; --accent:#35b3a9;
          --accent-ink:#04201e; --tint:#14302f; --good:#63d297; --good-tint:#123324; --bad:#ff8f86; --bad-tint:#3b1b1a; --warn:#f0bf6b; --warn-tint:#38290f; } }
        * { box-sizing: border-box }
        body { margin:0; background:var(--ground); color:var(--ink); font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif }
        a { color:var(--accent) }
        h1,h2,h3,p { margin:0 } h1 { font-size:1.5rem; line-height:1.25; letter-spacing:-.01em } h2 { font-size:1.0625rem }
        :focus-visible { outline:3px solid var(--accent); outline-offset:2px; border-radius:6px }
        .soft { color:var(--soft) } .small { font-size:.875rem } .mono { font:.8125rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace }
        .right { text-align:right } .num { font-variant-numeric:tabular-nums }
        button,.button { font:inherit; font-weight:600; min-height:44px; padding:.5rem 1rem; border-radius:8px; border:1px solid var(--line);
        background:var(--card);
          color:var(--ink); cursor:pointer; text-decoration:none; display:inline-flex; align-items:center; justify-content:center; gap:.5rem }
        button:hover,.button:hover { border-color:var(--accent) } button:active { transform:translateY(1px) }
        .primary { background:var(--accent); border-color:var(--accent); color:var(--accent-ink); width:100%; min-height:48px }
        .primary:hover { filter:brightness(1.08) }
        .little button { min-height:34px; padding:.25rem .625rem; font-size:.8125rem; font-weight:500; border-radius:6px }
        input,select { font:inherit; color:inherit; background:var(--card); border:1px solid var(--line); border-radius:8px; padding:.5rem .75rem;
        min-height:44px; width:100%;
          font-weight:400; font-size:1rem }
        input[readonly] { background:var(--ground); color:var(--soft) }
        label { display:grid; gap:.25rem; font-size:.875rem; font-weight:600 }
        .card { background:var(--card); border:1px solid var(--line); border-radius:12px; padding:1.25rem }
        .note { border-radius:8px; padding:.75rem 1rem } .note.bad { background:var(--bad-tint); color:var(--bad) }
        .note.good { background:var(--good-tint); color:var(--good) }
        .note.warn { background:var(--warn-tint); color:var(--warn) }
        .badge { display:inline-block; border-radius:99px; padding:.0625rem .625rem; font-size:.75rem; font-weight:600; white-space:nowrap;
        background:var(--line); color:var(--ink) }
        .badge.good { background:var(--good-tint); color:var(--good) } .badge.bad { background:var(--bad-tint); color:var(--bad) }
        .badge.warn { background:var(--warn-tint); color:var(--warn) }
        .stack { display:grid; gap:1rem; align-content:start } .tight { display:grid; gap:.25rem }
        .row { display:flex; gap:.5rem; flex-wrap:wrap; align-items:center }
        .between { display:flex; justify-content:space-between; gap:1rem; align-items:baseline }
        main { max-width:1180px; margin:0 auto; padding:1.5rem 1.25rem 4rem }
        .top { border-bottom:1px solid var(--line); background:var(--card) }
        .top > div { max-width:1180px; margin:0 auto; padding:.75rem 1.25rem; display:flex; gap:1.25rem; align-items:center; flex-wrap:wrap }
        .top a { text-decoration:none; padding:.25rem 0 } .top a[aria-current] { font-weight:700; border-bottom:2px solid var(--accent) }
        .brand { font-weight:700; margin-right:auto }
        table { width:100%; border-collapse:collapse; font-size:.875rem } th { text-align:left; font-weight:600; color:var(--soft); font-size:.8125rem }
        th,td { padding:.5rem .75rem .5rem 0; border-bottom:1px solid var(--line); vertical-align:top } tbody tr:last-child > * { border-bottom:0 }
        .scroll { overflow-x:auto }
        .sr { position:absolute; width:1px; height:1px; overflow:hidden; clip-path:inset(50%); white-space:nowrap }
        """;

    public static string Encode(string? text) => HtmlEncoder.Default.Encode(text ?? "");

    public static string Page(string title, string style, string body) => $$"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{Encode(title)}}</title>
        <link rel="icon" href="data:,">
        <style>
        {{Css}}
        {{style}}
        </style>
        </head>
        <body>
        {{body}}
        </body>
        </html>
        """;

    /// <summary>The bar above the pages of one stand-in.</summary>
    public static string Top(string brand, string current, params ReadOnlySpan<(string Path, string Text)> links)
    {
        var list = "";
        foreach (var (path, text) in links) list += $"""<a href="{path}"{(path == current ? " aria-current=\"page\"" : "")}>{Encode(text)}</a>""";
        return $"""<header class="top"><div><span class="brand">{Encode(brand)}</span>{list}</div></header>""";
    }

    /// <summary>A word as a badge; <paramref name="tone"/> is good, warn, bad or nothing.</summary>
    public static string Badge(string? text, string tone) => $"""<span class="badge {tone}">{Encode(text)}</span>""";

    public static string Day(long unixSeconds) => DateTimeOffset.FromUnixTimeSeconds(unixSeconds).ToString("d MMM yyyy", CultureInfo.InvariantCulture);

    public static string When(long unixSeconds) =>
        DateTimeOffset.FromUnixTimeSeconds(unixSeconds).ToString("d MMM yyyy, HH:mm:ss", CultureInfo.InvariantCulture);

    public static async Task WriteAsync(HttpContext context, string html, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'";
        await context.Response.WriteAsync(html, context.RequestAborted);
    }

    /// <summary>After a POST: see that address (303, so that a reload does not post again).</summary>
    public static void SeeOther(HttpContext context, string location)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = location;
    }
}
