using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>An error answer of the API, in Stripe's words.</summary>
internal sealed class StripeFault(int status, string message) : Exception(message)
{
    public int Status { get; } = status;
    public string Type { get; init; } = "invalid_request_error";
    public string? Code { get; init; }
    public string? Param { get; init; }

    /// <summary>Why the bank refused.</summary>
    public string? DeclineCode { get; init; }

    /// <summary>The payment intent that failed.</summary>
    public JsonObject? Intent { get; init; }

    /// <summary>The request was carried out and failed, so that its idempotency key answers this again.</summary>
    public bool IsOutcome => Type == "card_error";

    /// <summary>404 for the id of the path, 400 for one that a parameter names.</summary>
    public static StripeFault Missing(string noun, string? id, string param = "id") =>
        new(param == "id" ? 404 : 400, $"No such {noun}: '{id}'") { Code = "resource_missing", Param = param };

    public static StripeFault UnknownParameter(string path) =>
        new(400, $"Received unknown parameter: {path}") { Code = "parameter_unknown", Param = path };

    public static StripeFault MissingParameter(string path) =>
        new(400, $"Missing required param: {path}.") { Code = "parameter_missing", Param = path };

    public static StripeFault Bad(string message, string? param = null, string? code = null) => new(400, message) { Code = code, Param = param };

    public JsonObject Body(string requestId)
    {
        var error = new JsonObject { ["message"] = Message, ["request_log_url"] = $"https://dashboard.stripe.com/test/logs/{requestId}", ["type"] = Type };
        if (Code is not null) error.With(("code", Code), ("doc_url", $"https://stripe.com/docs/error-codes/{Code.Replace('_', '-')}"));
        if (Param is not null) error["param"] = Param;
        if (DeclineCode is not null) error["decline_code"] = DeclineCode;
        if (Intent is not null) error.With(("payment_intent", Intent.Copy()), ("payment_method", Intent["last_payment_error"]!["payment_method"]!.Copy()));
        return new JsonObject { ["error"] = error };
    }
}
