using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using BillingMonolith.SharedKernel;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Npgsql;

namespace BillingMonolith.Host.Access;

/// <summary>Audits a denied request to an operator's or administrator's route, or to spend. The framework and the scheme answer.</summary>
internal sealed class Denials(ILogger<Denials> log) : IAuthorizationMiddlewareResultHandler
{
    private static readonly string[] Audited = [Policies.Operator, Policies.Admin, Policies.Grants, Policies.Consume];
    private static readonly AuthorizationMiddlewareResultHandler Framework = new();

    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Forbidden && context.GetEndpoint() is RouteEndpoint route) await AuditAsync(context, route);
        await Framework.HandleAsync(next, context, policy, authorizeResult);
    }

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
