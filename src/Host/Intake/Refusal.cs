using Microsoft.AspNetCore.Mvc;

namespace BillingMonolith.Host.Intake;

/// <summary>A refused request as an RFC 9457 problem, with the machine's word for it in <c>error</c>.</summary>
internal static class Refusal
{
    public static IResult Of(int status, string error, string detail) =>
        Results.Problem(detail, statusCode: status, extensions: new Dictionary<string, object?> { ["error"] = error });

    public static Task WriteAsync(HttpContext context, int status, string error, string detail)
    {
        context.Response.StatusCode = status;
        var problem = new ProblemDetails { Status = status, Title = Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status), Detail = detail };
        problem.Extensions["error"] = error;
        return context.Response.WriteAsJsonAsync(problem, options: null, "application/problem+json", CancellationToken.None);
    }
}
