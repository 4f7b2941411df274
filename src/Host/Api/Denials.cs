using BillingMonolith.Audit;
using BillingMonolith.Host.Access;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Npgsql;

namespace BillingMonolith.Host.Api;

/// <summary>
/// Answers whoever may not. The scheme challenges or forbids first and sets its headers (WWW-Authenticate), or redirects a browser; where it
/// wrote no body, the problem is the body. A try at an operator's or administrator's route is audited.
/// </summary>
internal sealed class Denials(ILogger<Denials> log) : IAuthorizationMiddlewareResultHandler
{
    private static readonly string[] Audited = [Policies.Operator, Policies.Admin, Policies.Grants];

    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        // What is no route of ours (404, and the router's own 405 and 415) has no policy and tells nothing.
        if (authorizeResult.Succeeded || context.GetEndpoint() is not RouteEndpoint route)
        {
            await next(context);
        }
        else if (authorizeResult.Challenged)
        {
            await OfSchemesAsync(policy, s => context.ChallengeAsync(s));
            if (Unanswered(context, StatusCodes.Status401Unauthorized))
                await Problem.WriteAsync(context, StatusCodes.Status401Unauthorized, "not-authenticated", "Not authenticated");
        }
        else
        {
            await AuditAsync(context, route);
            await OfSchemesAsync(policy, s => context.ForbidAsync(s));
            if (Unanswered(context, StatusCodes.Status403Forbidden))
                await Problem.WriteAsync(context, StatusCodes.Status403Forbidden, "forbidden", "Not allowed");
        }
    }

    private static async Task OfSchemesAsync(AuthorizationPolicy policy, Func<string?, Task> act)
    {
        if (policy.AuthenticationSchemes.Count == 0) await act(null);
        else foreach (var scheme in policy.AuthenticationSchemes) await act(scheme);
    }

    private static bool Unanswered(HttpContext context, int status) => !context.Response.HasStarted && context.Response.StatusCode == status;

    private async Task AuditAsync(HttpContext context, RouteEndpoint route)
    {
        var policies = route.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(a => a.Policy).ToList();
        if (!policies.Exists(Audited.Contains)) return;
        try
        {
            var work = context.RequestServices.GetRequiredService<UnitOfWork>();
            work.Record(new AuditEntry("access.denied", "route", $"{context.Request.Method} {route.RoutePattern.RawText}", Problem.TraceId(context))
            {
                Result = AuditResult.Denied,
                ErrorMessage = $"Needs: {string.Join(", ", policies)}.",
            });
            await work.CommitAsync(context.RequestAborted);
        }
        catch (NpgsqlException e)
        {
            log.LogWarning("A denial ({Method} {Path}, {UserId}) could not be audited: {Reason}",
                context.Request.Method, context.Request.Path, context.User.UserId, e.Message);
        }
    }
}
