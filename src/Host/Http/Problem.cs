using System.Diagnostics;
using BillingMonolith.Host.Frame;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;

namespace BillingMonolith.Host.Http;

/// <summary>
/// A refusal or a fault as an RFC 9457 problem, whatever the request accepts (a browser that opened a page gets a page): the error code
/// in <c>error</c>, and the trace id of the log entries. The type is always about:blank, because the code identifies the problem and has no page.
/// </summary>
internal static class Problem
{
    private const string MediaType = "application/problem+json";

    public static Task WriteAsync(HttpContext context, int status, string error, string? detail, IDictionary<string, string[]>? errors = null)
    {
        context.Response.StatusCode = status;
        if (IsForPeople(context))
            return new RazorComponentResult<ProblemPage>(new { Status = status, Detail = detail, TraceId = TraceId(context) }) { StatusCode = status }
                .ExecuteAsync(context);
        var problem = new ProblemDetails { Type = "about:blank", Status = status, Title = ReasonPhrases.GetReasonPhrase(status), Detail = detail };
        problem.Extensions["error"] = error;
        problem.Extensions["trace_id"] = TraceId(context);
        if (errors is not null) problem.Extensions["errors"] = errors;
        return context.Response.WriteAsJsonAsync(problem, StrictJson.Plain, MediaType, CancellationToken.None);
    }

    /// <summary>For an answer that has a status and no body.</summary>
    public static Task WriteAsync(HttpContext context, int status)
    {
        var (error, detail) = Known.GetValueOrDefault(status, (ReasonPhrases.GetReasonPhrase(status).ToLowerInvariant().Replace(' ', '-'), null));
        return WriteAsync(context, status, error, detail);
    }

    /// <summary>Identifies this request, in answers, in the log and as the cause in the audit log.</summary>
    public static string TraceId(HttpContext context) => Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;

    private static bool IsForPeople(HttpContext context) =>
        Surfaces.Of(context.Request.Path) == Surface.Pages && context.Request.GetTypedHeaders().Accept.Any(a => a.MediaType == "text/html");

    private static readonly Dictionary<int, (string Error, string? Detail)> Known = new()
    {
        [StatusCodes.Status401Unauthorized] = ("not-authenticated", "Not authenticated"),
        [StatusCodes.Status403Forbidden] = ("forbidden", "Not allowed"),
        [StatusCodes.Status404NotFound] = ("not-found", "There is nothing at this address."),
        [StatusCodes.Status405MethodNotAllowed] = ("method-not-allowed", "This address does not take this method; the header Allow says which ones."),
        [StatusCodes.Status413PayloadTooLarge] = ("payload-too-large", "The body is too large."),
        [StatusCodes.Status415UnsupportedMediaType] = ("unsupported-media-type", "Send the body as application/json."),
    };
}
