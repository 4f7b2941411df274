using System.Net;
using System.Text.Json;

namespace Stripe;

/// <summary>Stripe refused a request, could not be reached, or answered something that cannot be read. The message holds no secret.</summary>
public sealed class StripeException : Exception
{
    internal StripeException(string message, Exception? innerException = null) : base(message, innerException) { }

    /// <summary>The answer's status; null when there was no answer.</summary>
    public HttpStatusCode? HttpStatusCode { get; init; }

    /// <summary>What Stripe said; null when the answer was not Stripe's (a proxy's page) or there was none.</summary>
    public StripeError? StripeError { get; init; }

    /// <summary>How long Stripe asked to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The object does not exist (or no longer).</summary>
    public bool IsNotFound => HttpStatusCode == System.Net.HttpStatusCode.NotFound;

    /// <summary>The bank refused: neither waiting nor asking again mends it.</summary>
    public bool IsCardError => StripeError?.Type == "card_error";

    /// <summary>Waiting may mend it: no answer, a conflict, too many requests, or a fault on the other side.</summary>
    public bool IsTransient => HttpStatusCode is null or
        System.Net.HttpStatusCode.Conflict or System.Net.HttpStatusCode.TooManyRequests or >= System.Net.HttpStatusCode.InternalServerError;
}

/// <summary>The error object of Stripe's answer (docs.stripe.com/api/errors).</summary>
public sealed record StripeError
{
    /// <summary><c>api_error</c>, <c>card_error</c>, <c>idempotency_error</c> or <c>invalid_request_error</c>.</summary>
    public string? Type { get; init; }

    /// <summary>Such as <c>resource_missing</c>.</summary>
    public string? Code { get; init; }

    /// <summary>For people.</summary>
    public string? Message { get; init; }

    /// <summary>The parameter at fault, such as <c>line_items[0][price]</c>.</summary>
    public string? Param { get; init; }

    /// <summary>Why the bank refused the card.</summary>
    public string? DeclineCode { get; init; }

    /// <summary><c>pi_…</c>: the payment that failed.</summary>
    public string? PaymentIntentId { get; init; }

    /// <summary><c>req_…</c>: what Stripe's support asks for.</summary>
    public string? RequestId { get; init; }

    /// <summary>The same object inside a payment intent.</summary>
    internal static StripeError Read(Fields json) => new()
    {
        Type = json.TextOrNull("type"),
        Code = json.TextOrNull("code"),
        Message = json.TextOrNull("message"),
        Param = json.TextOrNull("param"),
        DeclineCode = json.TextOrNull("decline_code"),
    };

    /// <summary>Null when this is not Stripe's error body: no JSON, or JSON of somebody else.</summary>
    internal static StripeError? ReadOrNull(ReadOnlyMemory<byte> body, string? requestId)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                ? new StripeError
                {
                    Type = TextOrNull(error, "type"),
                    Code = TextOrNull(error, "code"),
                    Message = TextOrNull(error, "message"),
                    Param = TextOrNull(error, "param"),
                    DeclineCode = TextOrNull(error, "decline_code"),
                    PaymentIntentId = error.TryGetProperty("payment_intent", out var intent) && intent.ValueKind == JsonValueKind.Object
                        ? TextOrNull(intent, "id") : null,
                    RequestId = requestId,
                }
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? TextOrNull(JsonElement error, string name) =>
        error.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}
