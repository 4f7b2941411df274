using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using BillingMonolith.Host.Edge;
using BillingMonolith.Host.Http;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using BillingMonolith.Inbox;

namespace BillingMonolith.Host.Webhook;

/// <summary>The webhook: verify the signature over the raw bytes, store them, answer. Nothing else happens before the answer.</summary>
internal sealed class StripeWebhook(WebhookSecrets secrets, StripeSources sources, AddressLimiter limiter, EventWriter writer, TimeProvider time)
{
    internal const int MaxBodyBytes = 512 * 1024;
    private const string RetryAfterSeconds = "5";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var webhook = routes.ServiceProvider.GetRequiredService<StripeWebhook>();
        // It has its own authentication, so it needs nothing that comes after routing, and the hot path does not pay for that.
        foreach (var address in Surfaces.Webhooks) routes.MapPost(address, webhook.ReceiveAsync).AllowAnonymous().ShortCircuit();
        routes.MapGet("/api/webhooks/stripe/health", () => Results.Json(new { ok = true, service = "stripe_checkout_webhook", endpoint = Surfaces.Webhook }))
            .AllowAnonymous().ExcludeFromDescription();
    }

    public async Task ReceiveAsync(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        if (!sources.Allow(address))
        {
            await Problem.WriteAsync(context, StatusCodes.Status403Forbidden, "unknown-source", "This is not one of the addresses that Stripe sends from.");
        }
        else if (limiter.Wait(address) is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            await Problem.WriteAsync(context, StatusCodes.Status429TooManyRequests, "rate-limited", "Too many requests without an authentic signature.");
        }
        else if (context.Request.Headers.ContentEncoding.Count > 0)
        {
            await RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, "unsupported-encoding",
                "Send the body without Content-Encoding: the signature is over its raw bytes.");
        }
        else if (context.Request.ContentLength > MaxBodyBytes)
        {
            await TooLargeAsync(context);
        }
        else
        {
            await ReadAsync(context);
        }
    }

    private async Task ReadAsync(HttpContext context)
    {
        ReadOnlySequence<byte> received;
        try
        {
            // The whole body, or one byte more than the limit: the server's own buffers hold it until then, and no more of it.
            received = (await context.Request.BodyReader.ReadAtLeastAsync(MaxBodyBytes + 1, context.RequestAborted)).Buffer;
        }
        catch (BadHttpRequestException e)
        {
            await InvalidAsync(context, e.StatusCode);
            return;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The sender has disconnected: this is no error of ours, so it must not fill the log; and the rest of the body is not worth waiting for.
            limiter.Count(context.Connection.RemoteIpAddress);
            context.Abort();
            return;
        }

        var length = (int)Math.Min(received.Length, MaxBodyBytes + 1);
        var body = ArrayPool<byte>.Shared.Rent(length);
        received.Slice(0, length).CopyTo(body);
        context.Request.BodyReader.AdvanceTo(received.End);
        try
        {
            await (length switch
            {
                0 => InvalidAsync(context, StatusCodes.Status400BadRequest),
                > MaxBodyBytes => TooLargeAsync(context),
                _ => StoreAsync(context, body.AsMemory(0, length)),
            });
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(body); // also for an aborted request: StoreAsync ends when the writer has released it
        }
    }

    private async Task StoreAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        if (!secrets.Signed(body.Span, context.Request.Headers["Stripe-Signature"].ToString(), time.GetUtcNow()))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "invalid-signature", "Invalid signature");
            return;
        }

        var routed = true;
        if (EnvelopeScan.TryScan(body.Span, out var envelope)) routed = Routes.Has(envelope.Type) || envelope.Object != EventObjects.Snapshot;
        else envelope = Unreadable(body.Span);

        var stored = await writer.AddAsync(envelope, body, routed);
        if (stored == Stored.Unavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
            await Problem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "not-stored", "The event could not be stored now. Send it again.");
            return;
        }

        Acknowledge(context, envelope.Id, stored);
    }

    // Authentic, but its event id is unknown: stored under the hash of its bytes, for an operator.
    private static EventEnvelope Unreadable(ReadOnlySpan<byte> body) =>
        new($"body_{Convert.ToHexStringLower(SHA256.HashData(body))}", "unreadable", Created: default, Livemode: null, ApiVersion: null, Object: null);

    private static void Acknowledge(HttpContext context, string eventId, Stored stored)
    {
        context.Response.ContentType = "application/json";
        using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteBoolean("received"u8, true);
        json.WriteBoolean("ok"u8, true);
        json.WriteString("status"u8, stored switch { Stored.New => "success"u8, Stored.Ignored => "ignored"u8, _ => "already_processed"u8 });
        json.WriteString("event_id"u8, eventId);
        json.WriteEndObject();
    }

    private Task TooLargeAsync(HttpContext context) =>
        RefuseAsync(context, StatusCodes.Status413PayloadTooLarge, "payload-too-large", "The body is larger than 512 KiB.");

    private Task InvalidAsync(HttpContext context, int status) => RefuseAsync(context, status, "invalid-payload", "Invalid payload");

    // Every request that was not proved authentic counts against its sender.
    private Task RefuseAsync(HttpContext context, int status, string error, string detail)
    {
        limiter.Count(context.Connection.RemoteIpAddress);
        return Problem.WriteAsync(context, status, error, detail);
    }
}
