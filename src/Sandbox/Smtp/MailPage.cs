using static BillingMonolith.Sandbox.Board;
using static BillingMonolith.Sandbox.Layout;

namespace BillingMonolith.Sandbox.Smtp;

/// <summary>The mailbox of everybody: what was sent, as it looks and as it is.</summary>
internal static class MailPage
{
    private const string MailStyle = """
        iframe { width:100%; height:640px; border:1px solid var(--line); border-radius:8px; background:#fff; color-scheme:light dark }
        pre { margin:0; white-space:pre-wrap; overflow-wrap:anywhere; font:.8125rem/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace }
        dl { display:grid; grid-template-columns:max-content minmax(0,1fr); gap:.25rem 1rem; margin:0 }
        dt { color:var(--soft) } dd { margin:0; overflow-wrap:anywhere }
        @media (max-width:520px) { dl { grid-template-columns:minmax(0,1fr) } dd { margin-bottom:.5rem } }
        """;

    public static void Map(WebApplication routes, SmtpStandIn server)
    {
        routes.MapGet("/", context => WriteAsync(context, List(server)));
        routes.MapGet("/messages/{number:int}", (HttpContext context, int number) =>
            WriteAsync(context, server.Messages.ElementAtOrDefault(number) is { } mail ? One(mail) : Page("Mail", Style, Nothing()), 200));
    }

    private static string Bar(string current) => Top("Mail server stand-in", current, ("/", "Mailbox"));

    private static string List(SmtpStandIn server) => Page("Mail", Style, $"""
        {Bar("/")}
        <main class="stack"><h1>Mailbox</h1>
        {Section("mails", "What was sent", Table("Subject|To|When", server.Messages.Index().Reverse().Select(m => $"""
            <tr><td><a href="/messages/{m.Index}">{Encode(m.Item.Subject)}</a></td><td>{Encode(m.Item["To"])}</td>
            <td class="num">{When(m.Item.At.ToUnixTimeSeconds())}</td></tr>
            """), "Nothing yet. Buy something: the receipt comes here."))}
        </main>
        """);

    private static string One(ReceivedMail mail) => Page(mail.Subject, Style + MailStyle, $"""
        {Bar("")}
        <main class="stack"><h1>{Encode(mail.Subject)}</h1>
        {Section("headers", "Headers", Headers(mail))}
        {Section("html", "As it looks", $"""<iframe sandbox title="The mail" srcdoc="{Encode(mail.Html)}"></iframe>""")}
        {Section("text", "As text", $"<pre>{Encode(mail.Text)}</pre>")}
        </main>
        """);

    private static string Headers(ReceivedMail mail) =>
        $"""<dl class="small">{string.Concat(mail.Headers.Select(h => $"<dt>{Encode(h.Name)}</dt><dd>{Encode(h.Value)}</dd>"))}</dl>""";

    private static string Nothing() => $"""{Bar("")}<main class="stack"><h1>No such mail</h1><p><a href="/">Go to the mailbox</a></p></main>""";
}
