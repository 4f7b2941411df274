using BillingMonolith.Host.Http;
using BillingMonolith.SharedKernel;
using Microsoft.AspNetCore.Authentication;
using Polly.Timeout;

namespace BillingMonolith.Host.Access;

/// <summary>The page for a failed sign-in: it shows one of a few reasons, never another party's text.</summary>
internal static class LoginFailed
{
    public const string Cancelled = "cancelled";
    public const string Expired = "expired";
    public const string Unavailable = "unavailable";
    private const string Invalid = "invalid";

    public static Task ShowAsync(RemoteFailureContext context)
    {
        var reason = ReasonOf(context);
        context.HttpContext.RequestServices.GetRequiredService<ILogger<KeycloakLogin>>()
            .LogWarning("A sign-in failed (trace {TraceId}): {Reason} ({Failure})", Problem.TraceId(context.HttpContext), reason, context.Failure?.Message);
        context.Response.Redirect($"/login/failed?reason={reason}&trace={Problem.TraceId(context.HttpContext)}");
        context.HandleResponse();
        return Task.CompletedTask;
    }

    private static string ReasonOf(RemoteFailureContext context) => context.Failure switch
    {
        _ when context.Request.Query["error"] == "access_denied" => Cancelled,
        HttpRequestException or RetryAfterException or KeysUnavailableException or OperationCanceledException or TimeoutRejectedException => Unavailable,
        // The framework's messages for a state that is missing, too old or another browser's.
        { Message: var words } when words.Contains("state", StringComparison.Ordinal) || words.StartsWith("Correlation", StringComparison.Ordinal) => Expired,
        _ => Invalid,
    };
}
