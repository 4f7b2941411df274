using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using StandardWebhooks;
using StandardWebhooks.Diagnostics;
using static BillingMonolith.Sandbox.Board;
using static BillingMonolith.Sandbox.Layout;

namespace BillingMonolith.Sandbox.Webhooks;

/// <summary>A webhook that came.</summary>
/// <param name="At">When.</param>
/// <param name="Id">webhook-id.</param>
/// <param name="Signatures">webhook-signature.</param>
/// <param name="By">How many of the secrets that are known here it is signed with.</param>
/// <param name="Body">As it came.</param>
internal sealed record ReceivedWebhook(DateTimeOffset At, string Id, string Signatures, int By, string Body)
{
    public bool IsAuthentic => By > 0;
    public JsonElement Json => JsonElement.Parse(Body);
    public string Type => Json.GetProperty("type").GetString()!;
}

/// <summary>Somebody's automation: it verifies what comes with the library of Standard Webhooks, and lists it.</summary>
internal sealed class WebhookReceiver(int port, TimeProvider time) : StandIn(port, time)
{
    private readonly ConcurrentBag<string> secrets = [];
    private readonly ConcurrentQueue<ReceivedWebhook> received = new();

    /// <summary>Where to send webhooks.</summary>
    public string Hook => $"{Url}/hook";

    /// <summary>How long it thinks about what it has taken before it says so.</summary>
    public TimeSpan AnswerTakes { get; set; }

    /// <summary>Every one that came, also those that were refused by a fault afterwards; oldest first.</summary>
    public IReadOnlyList<ReceivedWebhook> Received => [.. received];

    /// <summary>From now on this secret is known.</summary>
    public void Trust(string secret) => secrets.Add(secret);

    /// <summary>
    /// Whether a webhook is fresh and one of its signatures is by this secret. The library is shown them one by one: version 1.1.2 looks at the first alone.
    /// </summary>
    public static bool IsSigned(IHeaderDictionary headers, string body, string secret) =>
        headers["webhook-signature"].ToString().Split(' ').Any(signature => IsSignedBy(new StandardWebhook(secret), signature, headers, body));

    private static bool IsSignedBy(StandardWebhook webhook, string signature, IHeaderDictionary headers, string body)
    {
        var one = new HeaderDictionary
        {
            ["webhook-id"] = headers["webhook-id"], ["webhook-timestamp"] = headers["webhook-timestamp"], ["webhook-signature"] = signature,
        };
        try
        {
            webhook.Verify(body, one);
            return true;
        }
        catch (WebhookVerificationException)
        {
            return false;
        }
    }

    protected override void Map(WebApplication routes)
    {
        routes.MapPost("/hook", async context =>
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            var body = await reader.ReadToEndAsync(context.RequestAborted);
            var headers = context.Request.Headers;
            var by = secrets.Count(s => IsSigned(headers, body, s));
            received.Enqueue(new ReceivedWebhook(Time.GetUtcNow(), headers["webhook-id"].ToString(), headers["webhook-signature"].ToString(), by, body));
            await Task.Delay(AnswerTakes, context.RequestAborted);
            context.Response.StatusCode = by > 0 ? StatusCodes.Status204NoContent : StatusCodes.Status401Unauthorized;
        });
        routes.MapGet("/", context => WriteAsync(context, Page("Webhooks", Style, $"""
            {Top("Webhook receiver", "/", ("/", "Received"), ("/_journal", "Journal"))}
            <main class="stack"><h1>Webhooks</h1>{Section("received", "What came", Table("Type|Id|Signature|When", Received.Reverse().Select(Row),
                "Nothing yet. Buy something: purchase.completed comes here."))}</main>
            """)));
    }

    private static string Row(ReceivedWebhook hook) => $"""
        <tr><td><strong>{Encode(hook.Type)}</strong><details class="small"><summary>Body</summary><span class="mono">{Encode(hook.Body)}</span></details></td>
        <td>{Id(hook.Id)}</td><td>{Badge(hook.IsAuthentic ? "right" : "wrong", hook.IsAuthentic ? "good" : "bad")}</td>
        <td class="num">{When(hook.At.ToUnixTimeSeconds())}</td></tr>
        """;
}
