using System.Net;
using BillingMonolith.Host.Callers;
using BillingMonolith.SharedKernel;
using Dapper;

namespace BillingMonolith.Host.Access;

/// <summary>
/// Keycloak notifies this service, server to server, that a session or all of a user's sessions have ended (OpenID Connect Back-Channel Logout 1.0).
/// It notifies once; a lost notice delays the end until the session's next check.
/// </summary>
internal static class BackchannelLogout
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/backchannel-logout", ReceiveAsync)
        .AllowAnonymous().ExcludeFromDescription().WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(32 * 1024));

    private static async Task ReceiveAsync(HttpContext context, TokenValidator tokens, UnitOfWork work, ILogger<TokenValidator> log)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!context.Request.HasFormContentType) throw Refused("the body must be a form with logout_token");
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var result = await tokens.ValidateAsync(form["logout_token"].ToString(), TokenUse.Logout, context.RequestAborted);
        if (result.Claims is not { } claims) throw Refused(result.Problem!);

        var connection = await work.OpenAsync(context.RequestAborted);
        // Sessions younger than the token are exempt, because a repeated token must not end a session that began since.
        var ended = (await connection.QueryAsync<(string UserId, string Sid)>(new CommandDefinition("""
            DELETE FROM access_sessions
            WHERE (sid = @Sid OR @Sid IS NULL AND user_id = @Sub) AND created_at <= to_timestamp(@IssuedAt) + interval '30 s' RETURNING user_id, sid
            """,
            new { Sid = claims.Text("sid"), Sub = claims.Text("sub"), IssuedAt = claims.GetProperty("iat").GetDouble() },
            cancellationToken: context.RequestAborted))).ToList();
        foreach (var (userId, sid) in ended)
            work.Record(new AuditEntry("session.ended", "session", sid, "back-channel logout") { UserId = userId });
        await work.CommitAsync(context.RequestAborted);

        RefusalException Refused(string reason)
        {
            log.LogWarning("A back-channel logout was refused: {Reason}", reason);
            return new RefusalException(HttpStatusCode.BadRequest, "invalid-request", "The logout token is not sound.");
        }
    }
}
