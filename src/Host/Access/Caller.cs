using System.Security.Claims;

namespace BillingMonolith.Host.Access;

/// <summary>Who calls, as the realm's token says it.</summary>
internal static class Caller
{
    extension(ClaimsPrincipal caller)
    {
        public string? UserId => caller.FindFirstValue("sub");
        public string? Username => caller.FindFirstValue("preferred_username");
        public bool IsService => caller.HasClaim(c => c.Type == "client_id");
    }
}
