using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text.Json;
using Stripe;

namespace BillingMonolith.Host.Intake;

/// <summary>The webhook: verify the signature over the raw bytes, store them, answer. Nothing else happens before the answer.</summary>
internal sealed class StripeWebhook(WebhookSecrets secrets, EventWriter writer, TimeProvider time)
{
    public const string Canonical = "/webhooks/stripe";
    internal const int MaxBodyBytes = 512 * 1024;
    private const string RetryAfterSeconds = "5";

    /// <summary>The canonical address and those of the systems that this service replaces: an endpoint configured for any of them keeps working.</summary>
    private static readonly string[] Addresses =
    [
        Canonical,
        "/api/v1/billing/webhooks/stripe/checkout",
        "/api/v1/billing/credits/webhook",
        "/order/stripe-webhook",
        "/api/webhooks/stripe/checkout-completed",
    ];

    public static void Map(IEndpointRouteBuilder routes)
    {
        var webhook = routes.ServiceProvider.GetRequiredService<StripeWebhook>();
        foreach (var address in Addresses) routes.MapPost(address, webhook.ReceiveAsync);
        routes.MapGet("/api/webhooks/stripe/health", () => Results.Json(new { ok = true, service = "stripe_checkout_webhook", endpoint = Canonical }));
    }

    public async Task ReceiveAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Headers.ContentEncoding.Count > 0)
        {
            await Refusal.WriteAsync(context, StatusCodes.Status415UnsupportedMediaType, "unsupported-encoding", "Send the body without Content-Encoding: the signature is over its raw bytes.");
            return;
        }

        var buffer = request.ContentLength <= MaxBodyBytes ? ArrayPool<byte>.Shared.Rent(Math.Max((int)request.ContentLength, 1)) : ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            var (length, body) = request.ContentLength > MaxBodyBytes ? (-1, buffer) : await ReadAsync(request.BodyReader, buffer, context.RequestAborted);
            buffer = body;
            await (length switch
            {
                < 0 => Refusal.WriteAsync(context, StatusCodes.Status413PayloadTooLarge, "payload-too-large", "The body is larger than 512 KiB."),
                0 => Refusal.WriteAsync(context, StatusCodes.Status400BadRequest, "invalid-payload", "Invalid payload"),
                _ => StoreAsync(context, buffer.AsMemory(0, length)),
            });
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task StoreAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        if (!secrets.Signed(body.Span, context.Request.Headers["Stripe-Signature"].ToString(), time.GetUtcNow()))
        {
            await Refusal.WriteAsync(context, StatusCodes.Status400BadRequest, "invalid-signature", "Invalid signature");
            return;
        }

        var routed = true;
        if (EventEnvelope.TryScan(body.Span, out var envelope)) routed = Routes.Has(envelope.Type) || envelope.Object != "event";
        else envelope = Unreadable(body.Span);

        var stored = await writer.AddAsync(envelope, body, routed);
        if (stored == Stored.Unavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
            await Refusal.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "not-stored", "The event could not be stored now. Send it again.");
            return;
        }

        Acknowledge(context, envelope.Id, stored);
    }

    // Authentic, yet nobody can say which event it is: kept under the hash of its bytes, for an operator.
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

    /// <summary>Reads the whole body into the buffer, which grows for a body of unknown length; −1 when it is too large.</summary>
    private static async ValueTask<(int Length, byte[] Buffer)> ReadAsync(PipeReader reader, byte[] buffer, CancellationToken cancellationToken)
    {
        var length = 0;
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken);
            var more = (int)Math.Min(result.Buffer.Length, MaxBodyBytes + 1);
            if (length + more > MaxBodyBytes) return (-1, buffer);
            if (length + more > buffer.Length) buffer = Grow(buffer, length, length + more);
            result.Buffer.CopyTo(buffer.AsSpan(length));
            length += more;
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) return (length, buffer);
        }
    }

    private static byte[] Grow(byte[] buffer, int length, int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, buffer.Length * 2));
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
