using System.Net;
using System.Security.Claims;
using BillingMonolith.Host.Callers;
using BillingMonolith.SharedKernel;
using FluentValidation;
using FluentValidation.Results;

namespace BillingMonolith.Host.Api;

/// <summary>Whose credits a caller spends: a person his own, a service those of the user whom it names.</summary>
internal static class Spender
{
    extension(ClaimsPrincipal caller)
    {
        /// <exception cref="ValidationException">A service names nobody.</exception>
        /// <exception cref="RefusalException">A person names somebody else.</exception>
        public string SpendsFor(string? named)
        {
            if (caller.IsService) return named ?? throw new ValidationException([new ValidationFailure("user_id", "Required of a service.")]);
            return named is null || named == caller.UserId ? caller.UserId! : throw new RefusalException(HttpStatusCode.Forbidden, "foreign-account",
                "These are somebody else's credits. Leave user_id out: yours are meant.");
        }

        /// <summary>Whose reservations the caller may see and end; null = everybody's.</summary>
        public string? SpendsOnlyOf => caller.IsService ? null : caller.UserId;
    }
}
