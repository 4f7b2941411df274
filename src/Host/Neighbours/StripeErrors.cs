using System.Net;
using Stripe;

namespace BillingMonolith.Host.Neighbours;

/// <summary>
/// Stripe's errors in one kind of exception. Stripe.net throws four, with the whole body or an echoed key in their messages; here a message has
/// the request, the status and Stripe's own sentence.
/// </summary>
internal static class StripeErrors
{
    extension(StripeException e)
    {
        /// <summary>Whether the error is Stripe's own: a proxy's page has no error object.</summary>
        public bool IsStripes => e.StripeError?.Type is not null || e.StripeError?.Code is not null;

        /// <summary>The object does not exist (or no longer).</summary>
        public bool IsNotFound => e.HttpStatusCode == HttpStatusCode.NotFound && e.IsStripes;

        /// <summary>The answer was larger than we read (<c>Neighbours:MaxAnswerBytes</c>): a smaller request helps.</summary>
        public bool IsTooLarge => e.InnerException is HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded };

        /// <summary>The bank refused: neither waiting nor a retry helps.</summary>
        public bool IsCardError => e.StripeError?.Type == "card_error";

        /// <summary>Waiting may help: no answer, none of Stripe's, a conflict, too many requests, or a fault on the other side.</summary>
        public bool IsTransient =>
            !e.IsStripes || e.HttpStatusCode is HttpStatusCode.Conflict or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;

        /// <summary>The pause that Stripe asked for. A date is read by Stripe's own clock.</summary>
        public TimeSpan? RetryAfter => e.StripeResponse?.Headers?.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } when e.StripeResponse.Headers.Date is { } now => date > now ? date - now : TimeSpan.Zero,
            _ => null,
        };
    }

    /// <summary>The answer is unusable.</summary>
    public static StripeException NotUnderstood(string request, string reason, Exception? inner = null) =>
        new($"{request}: the answer cannot be understood. {reason}", inner);

    /// <summary>The same with our message, without the key and without the body.</summary>
    /// <param name="request">The request, <c>GET /v1/…</c>.</param>
    /// <param name="failure">The exception of Stripe.net.</param>
    /// <param name="apiKey">The key to remove.</param>
    public static StripeException Said(string request, Exception failure, string apiKey) => failure switch
    {
        StripeException { HttpStatusCode: >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices } =>
            NotUnderstood(request, "It is no JSON, or has a member that Stripe's library cannot read."),
        StripeException { StripeResponse: not null } refused => Refused(request, refused, apiKey),
        HttpRequestException or OperationCanceledException or Polly.Timeout.TimeoutRejectedException =>
            new StripeException($"{request}: Stripe could not be reached: {WithoutKey(failure.Message, apiKey)}", failure),
        // Never its own message, which may hold the body.
        _ => NotUnderstood(request, $"({failure.GetType().Name})"),
    };

    private static StripeException Refused(string request, StripeException refused, string apiKey)
    {
        var (status, answer) = (refused.HttpStatusCode, refused.StripeResponse);
        var error = refused.IsStripes ? refused.StripeError : null;
        if (error is not null) (error.Message, error.StripeResponse) = (WithoutKey(error.Message, apiKey), null);
        var said = error is not null
            ? error.Message ?? error.Code ?? error.Type
            : "the body is no error of Stripe's: something between us and Stripe answered.";
        return new StripeException(status, error, $"{request}: {(int)status}: {said}")
        {
            StripeResponse = new StripeResponse(status, answer.Headers, content: ""),
        };
    }

    private static string? WithoutKey(string? text, string apiKey) => text?.Replace(apiKey, "[key]", StringComparison.Ordinal);
}
