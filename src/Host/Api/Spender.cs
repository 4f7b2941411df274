using System.Net;
using System.Security.Claims;
using BillingMonolith.Host.Callers;
using BillingMonolith.SharedKernel;
using FluentValidation;
using FluentValidation.Results;

namespace BillingMonolith.Host.Api;

/// <summary>The user whose credits a caller spends: a person spends their own, a service those of the user that it names.</summary>
internal static class Spender
{
    extension(ClaimsPrincipal caller)
    {
        /// <exception cref="ValidationException">A service names no user.</exception>
        /// <exception cref="RefusalException">A person names another user.</exception>
        public string SpendsFor(string? named)
        {
            if (caller.IsService) return named ?? throw new ValidationException([new ValidationFailure("user_id", "Required of a service.")]);
            return named is null || named == caller.UserId ? caller.UserId! : throw new RefusalException(HttpStatusCode.Forbidden, "foreign-account",
                "These are somebody else's credits. Leave user_id out: yours are meant.");
        }

        /// <summary>The owner of the reservations that the caller may see and end; null = all users.</summary>
        public string? SpendsOnlyOf => caller.IsService ? null : caller.UserId;
    }
}
