using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using static BillingMonolith.Sandbox.Board;
using static BillingMonolith.Sandbox.Layout;

namespace BillingMonolith.Sandbox.Webhooks;

/// <summary>A webhook that came.</summary>
/// <param name="At">When.</param>
/// <param name="Id">webhook-id.</param>
/// <param name="Signatures">webhook-signature.</param>
/// <param name="IsAuthentic">Whether one of its signatures is by a secret that is known here.</param>
/// <param name="Body">As it came.</param>
internal sealed record ReceivedWebhook(DateTimeOffset At, string Id, string Signatures, bool IsAuthentic, string Body)
{
    public JsonElement Json => JsonElement.Parse(Body);
    public string Type => Json.GetProperty("type").GetString()!;
}

/// <summary>Somebody's automation: it verifies what comes as Standard Webhooks says, with code of its own, and lists it.</summary>
internal sealed class WebhookReceiver(int port, TimeProvider time) : StandIn(port, time)
{
    private const int ToleranceSeconds = 300;
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

    /// <summary>Whether a signature of the header is right for these bytes.</summary>
    public static bool IsSigned(string header, string id, string timestamp, string body, string secret)
    {
        using var mac = new HMACSHA256(Convert.FromBase64String(secret["whsec_".Length..]));
        var expected = mac.ComputeHash(Encoding.UTF8.GetBytes(id + "." + timestamp + "." + body));
        return header.Split(' ').Select(s => s.Split(',', 2))
            .Any(s => s is ["v1", var given] && expected.AsSpan().SequenceEqual(Convert.FromBase64String(given)));
    }

    protected override void Map(WebApplication routes)
    {
        routes.MapPost("/hook", async context =>
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            var body = await reader.ReadToEndAsync(context.RequestAborted);
            var headers = context.Request.Headers;
            var (id, timestamp) = (headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString());
            var signatures = headers["webhook-signature"].ToString();
            var isFresh = long.TryParse(timestamp, CultureInfo.InvariantCulture, out var sent)
                && Math.Abs(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - sent) <= ToleranceSeconds;
            var isAuthentic = isFresh && secrets.Any(s => IsSigned(signatures, id, timestamp, body, s));
            received.Enqueue(new ReceivedWebhook(Time.GetUtcNow(), id, signatures, isAuthentic, body));
            await Task.Delay(AnswerTakes, context.RequestAborted);
            context.Response.StatusCode = isAuthentic ? StatusCodes.Status204NoContent : StatusCodes.Status401Unauthorized;
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
