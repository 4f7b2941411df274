using System.Security.Claims;
using BillingMonolith.Host.Callers;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Access;

/// <summary>
/// The policies for routes. Every route names one of these or allows everybody; the host does not start when a route has none.
/// </summary>
internal static class Policies
{
    /// <summary>A person or a service, without further conditions.</summary>
    public const string SignedIn = "signed-in";
    /// <summary>A person, for their own resources.</summary>
    public const string User = "user";
    /// <summary>An operator: events, replay, health details. An administrator is one too.</summary>
    public const string Operator = "operator";
    /// <summary>An administrator, who decides on money and other people's accounts.</summary>
    public const string Admin = "admin";
    /// <summary>An administrator, or a service whose token has the scope for it.</summary>
    public const string Grants = "grants";
    /// <summary>A person for their own credits, or a service with the scope for the user that it names.</summary>
    public const string Consume = "consume";
    /// <summary>An administrator, or a service with the scope, for any user.</summary>
    public const string Features = "features";

    public static IServiceCollection AddPolicies(this IServiceCollection services)
    {
        services.AddAuthorization();
        services.AddOptions<AuthorizationOptions>().Configure<IOptions<AccessOptions>>((authorization, access) =>
        {
            var names = access.Value;
            authorization.AddPolicy(SignedIn, p => p.RequireAuthenticatedUser());
            authorization.AddPolicy(User, p => p.RequireAuthenticatedUser().RequireAssertion(c => IsPerson(c.User, names)));
            authorization.AddPolicy(Operator, p => p.RequireAuthenticatedUser()
                .RequireAssertion(c => IsPerson(c.User, names) && (c.User.IsInRole(names.OperatorRole) || c.User.IsInRole(names.AdminRole))));
            authorization.AddPolicy(Admin, p => p.RequireAuthenticatedUser()
                .RequireAssertion(c => IsPerson(c.User, names) && c.User.IsInRole(names.AdminRole)));
            authorization.AddPolicy(Grants, p => p.RequireAuthenticatedUser().RequireAssertion(c => c.User.IsService
                ? c.User.HasClaim("scope", names.GrantScope)
                : IsPerson(c.User, names) && c.User.IsInRole(names.AdminRole)));
            authorization.AddPolicy(Consume, p => p.RequireAuthenticatedUser().RequireAssertion(c => c.User.IsService
                ? c.User.HasClaim("scope", names.ConsumeScope)
                : IsPerson(c.User, names)));
            authorization.AddPolicy(Features, p => p.RequireAuthenticatedUser().RequireAssertion(c => c.User.IsService
                ? c.User.HasClaim("scope", names.FeaturesScope)
                : IsPerson(c.User, names) && c.User.IsInRole(names.AdminRole)));
        });
        return services;
    }

    /// <summary>Checks that every route has a policy.</summary>
    /// <exception cref="InvalidOperationException">Names the routes without one.</exception>
    public static void RequireOnEveryRoute(IEndpointRouteBuilder routes)
    {
        var silent = routes.DataSources.SelectMany(s => s.Endpoints)
            .Where(e => e.Metadata.GetMetadata<IAllowAnonymous>() is null && e.Metadata.GetOrderedMetadata<IAuthorizeData>().All(a => a.Policy is null))
            .Select(e => e.DisplayName).ToList();
        if (silent.Count > 0)
            throw new InvalidOperationException(
                $"These routes have no policy: {string.Join(", ", silent)}. Add RequireAuthorization(Policies.…) or AllowAnonymous().");
    }

    private static bool IsPerson(ClaimsPrincipal caller, AccessOptions names) =>
        !caller.IsService && (names.UserRole.Length == 0 || caller.IsInRole(names.UserRole));
}
