using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>One request of the API that has a valid key.</summary>
internal sealed record StripeCall(string Id, StripeForm Form, string RequestId, string? IdempotencyKey);

/// <summary>What every request to /v1 goes through: the key, the version, idempotency, errors, expansion and rendering.</summary>
internal sealed class StripeApi(
    StripeStore store, StripeEvents events, StripeRendering rendering, Func<JsonObject, string, string, JsonObject?> include, string apiKey, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, First> answers = new();

    /// <summary>How long a request takes before it is carried out; its idempotency key is in use meanwhile.</summary>
    public TimeSpan Takes { get; set; }

    public async Task RunAsync(HttpContext context, Func<StripeCall, JsonObject> handle)
    {
        var requestId = store.NewId("req_", 14);
        context.Response.Headers["Request-Id"] = requestId;
        string? claimed = null;
        var version = store.ApiVersion;
        try
        {
            Authenticate(context.Request);
            version = Version(context.Request);
            context.Response.Headers["Stripe-Version"] = version;
            var sent = await FormOfAsync(context.Request);
            var key = HttpMethods.IsPost(context.Request.Method) ? KeyOf(context) : null;
            if (key is not null && Kept(key, $"{context.Request.Path}\n{sent}", context.Response) is { } kept)
            {
                await WriteAsync(context, kept.Status, kept.Body!);
                return;
            }

            claimed = key;
            if (Takes > TimeSpan.Zero) await Task.Delay(Takes, context.RequestAborted);
            var call = new StripeCall(context.Request.RouteValues["id"] as string ?? "", StripeForm.Parse(sent, version), requestId, key);
            var body = Carry(call, handle, version);
            if (key is not null) answers[key].Keep(200, body, requestId);
            await WriteAsync(context, 200, body);
        }
        catch (StripeFault fault)
        {
            var body = rendering.Render(fault.Body(requestId), version).ToJsonString(StripeRendering.Json);
            if (claimed is not null && fault.IsOutcome) answers[claimed].Keep(fault.Status, body, requestId);
            await WriteAsync(context, fault.Status, body);
        }
        finally
        {
            // A refused request does not use its key up.
            if (claimed is not null && answers.TryGetValue(claimed, out var mine) && mine.Body is null) answers.TryRemove(claimed, out _);
        }
    }

    private string Carry(StripeCall call, Func<StripeCall, JsonObject> handle, string version) => store.Do(() =>
    {
        events.Cause = call;
        try
        {
            var answer = rendering.Render(handle(call), version);
            StripeLists.Expand(answer, call.Form.Texts("expand"), id => Rendered(store.TryFind(id)), (thing, name) => Rendered(include(thing, name, version)));
            return answer.ToJsonString(StripeRendering.Json);
        }
        finally
        {
            events.Cause = null;
        }

        JsonObject? Rendered(JsonObject? found) => found is null ? null : rendering.Render(found, version);
    });

    private void Authenticate(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        var key = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim()
            : header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) ? UserOf(header[6..]) : "";
        if (key == apiKey) return;
        request.HttpContext.Response.Headers.WWWAuthenticate = "Basic realm=\"Stripe\"";
        throw new StripeFault(401, key.Length == 0
            ? "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth " +
              "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
            : $"Invalid API Key provided: {(key.Length > 12 ? $"{key[..8]}****{key[^4..]}" : "****")}");
    }

    private static string UserOf(string encoded)
    {
        Span<byte> bytes = stackalloc byte[512];
        return Convert.TryFromBase64String(encoded.Trim(), bytes, out var length) ? Encoding.UTF8.GetString(bytes[..length]).Split(':')[0] : "";
    }

    private string Version(HttpRequest request)
    {
        var version = request.Headers["Stripe-Version"].ToString();
        if (version.Length == 0) return store.ApiVersion;
        return StripeRendering.Versions.Contains(version) ? version : throw StripeFault.Bad($"Invalid Stripe API version: {version}");
    }

    private static async Task<string> FormOfAsync(HttpRequest request)
    {
        var query = request.QueryString.Value?.TrimStart('?') ?? "";
        if (HttpMethods.IsGet(request.Method)) return query;
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
        if (body.Length > 0 && !request.HasFormContentType)
            throw StripeFault.Bad("Invalid request (check that your POST content type is application/x-www-form-urlencoded).");
        return HttpMethods.IsDelete(request.Method) && body.Length == 0 ? query : body;
    }

    private static string? KeyOf(HttpContext context)
    {
        var key = context.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length == 0) return null;
        if (key.Length > 255) throw StripeFault.Bad("Idempotency keys can be at most 255 characters long.");
        context.Response.Headers["Idempotency-Key"] = key;
        return key;
    }

    /// <summary>The kept answer; null when this is the first request with the key, or the first since it was forgotten 24 hours after.</summary>
    private First? Kept(string key, string fingerprint, HttpResponse response)
    {
        var mine = new First(fingerprint, time.GetUtcNow());
        var first = answers.GetOrAdd(key, mine);
        if (first == mine || (mine.At - first.At > TimeSpan.FromHours(24) && answers.TryUpdate(key, mine, first))) return null;
        if (first.Fingerprint != fingerprint)
            throw new StripeFault(400, "Keys for idempotent requests can only be used with the same parameters they were first used with. " +
                $"Try using a key other than '{key}' if you meant to execute a different request.") { Type = "idempotency_error" };
        if (first.Body is null)
        {
            response.Headers["Stripe-Should-Retry"] = "true";
            throw new StripeFault(409, "There is currently another in-progress request using this Idempotent Key (that probably means you submitted " +
                $"twice, and the other request is still going through): {key}. Please try again later.")
            { Type = "idempotency_error", Code = "idempotency_key_in_use" };
        }

        response.Headers["Idempotent-Replayed"] = "true";
        response.Headers["Original-Request"] = first.RequestId;
        return first;
    }

    private static Task WriteAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>The first request with a key, and its answer once there is one.</summary>
    private sealed class First(string fingerprint, DateTimeOffset at)
    {
        public string Fingerprint { get; } = fingerprint;
        public DateTimeOffset At { get; } = at;
        public string? RequestId { get; private set; }
        public int Status { get; private set; }
        public string? Body { get; private set; }

        public void Keep(int status, string body, string requestId) => (Status, RequestId, Body) = (status, requestId, body);
    }
}
