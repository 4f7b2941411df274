using System.Security.Claims;
using BillingMonolith.Audit;

namespace BillingMonolith.Host.Access;

/// <summary>Who calls, as the realm's token says it.</summary>
internal static class Caller
{
    extension(ClaimsPrincipal caller)
    {
        public string? UserId => caller.FindFirstValue("sub");
        public string? Username => caller.FindFirstValue("preferred_username");
        public string? SessionId => caller.FindFirstValue("sid");
        public bool IsService => caller.HasClaim(c => c.Type == "client_id");
    }

    /// <summary>The caller as the audit log names him.</summary>
    public static Actor ActorOf(ClaimsPrincipal caller, HttpContext context)
    {
        var agent = context.Request.Headers.UserAgent.ToString();
        return new Actor(caller.UserId!, caller.Username, context.Connection.RemoteIpAddress?.ToString(), agent.Length > 300 ? agent[..300] : agent);
    }
}
