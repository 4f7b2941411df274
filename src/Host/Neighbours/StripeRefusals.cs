using System.Text.Json;
using System.Text.Json.Nodes;
using Stripe;

namespace BillingMonolith.Host.Neighbours;

/// <summary>
/// Stripe's refusals, reduced to the fields that we use. A declined card's answer carries the whole payment intent, and one member in it that Stripe.net
/// cannot read would hide the decline: it would be retried instead of reported.
/// </summary>
internal sealed class StripeRefusals(IHttpClient http) : IHttpClient
{
    private static readonly string[] Words = ["type", "code", "decline_code", "message", "param"];

    public async Task<StripeResponse> MakeRequestAsync(StripeRequest request, CancellationToken cancellationToken = default)
    {
        var answer = await http.MakeRequestAsync(request, cancellationToken);
        return (int)answer.StatusCode < 400 ? answer : new StripeResponse(answer.StatusCode, answer.Headers, CutDown(answer.Content));
    }

    /// <summary>Nothing here reads streams.</summary>
    public Task<StripeStreamedResponse> MakeStreamingRequestAsync(StripeRequest request, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Answers are read whole, because they are bounded.");

    private static string CutDown(string body)
    {
        if (Parse(body) is not JsonObject answer || answer["error"] is not JsonObject said) return body;
        var error = new JsonObject();
        foreach (var word in Words) Copy(said, word, error);
        if (said["payment_intent"] is JsonObject intent)
        {
            var made = new JsonObject { ["object"] = "payment_intent" };
            Copy(intent, "id", made);
            error["payment_intent"] = made;
        }

        return new JsonObject { ["error"] = error }.ToJsonString();
    }

    private static JsonNode? Parse(string body)
    {
        try
        {
            return JsonNode.Parse(body, documentOptions: new() { AllowDuplicateProperties = false });
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // a proxy's page, or no Unicode
        }
    }

    private static void Copy(JsonObject from, string name, JsonObject to)
    {
        if (from[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String) to[name] = value.DeepClone();
    }
}
