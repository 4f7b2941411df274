using BillingMonolith.Identity.Keycloak;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Identity;

/// <summary>Users who might have paid: those with this e-mail address or this name. A person decides, because neither is proof.</summary>
/// <param name="Email">The e-mail address that the payment carries, if there is one.</param>
/// <param name="Name">The name that the payment carries, if there is one.</param>
public sealed record FindCandidates(string? Email, string? Name) : IRequest<IReadOnlyList<UserCandidate>>;

/// <summary>A user who might have paid.</summary>
/// <param name="UserId">The Keycloak user id.</param>
/// <param name="Username">The name to sign in with.</param>
/// <param name="Email">The e-mail address in Keycloak.</param>
/// <param name="EmailVerified">Whether the user has proved to own it.</param>
/// <param name="FirstName">First name.</param>
/// <param name="LastName">Last name.</param>
/// <param name="Enabled">Whether the user can sign in.</param>
/// <param name="Why">The match: `email-verified`, `email-unverified`, `same-name`, `similar-name`.</param>
public sealed record UserCandidate(
    string UserId, string? Username, string? Email, bool EmailVerified, string? FirstName, string? LastName, bool Enabled, IReadOnlyList<string> Why);

internal sealed class FindCandidatesValidator : AbstractValidator<FindCandidates>
{
    public FindCandidatesValidator() => RuleFor(f => f.Email).MaximumLength(320);
}

internal sealed class FindCandidatesHandler(KeycloakUsers keycloak) : IRequestHandler<FindCandidates, IReadOnlyList<UserCandidate>>
{
    private const int MostOfAName = 20;

    public async Task<IReadOnlyList<UserCandidate>> Handle(FindCandidates query, CancellationToken cancellationToken)
    {
        var byEmail = query.Email?.Trim() is { Length: > 0 } email ? await keycloak.FindByEmailAsync(email, cancellationToken) : [];
        var byName = query.Name?.Trim() is { Length: > 0 } name ? await keycloak.SearchAsync(name, MostOfAName, cancellationToken) : [];
        return
        [
            .. byEmail.Concat(byName).DistinctBy(user => user.Id).Select(user => Of(user, query))
                .OrderBy(candidate => candidate.Why is ["email-verified", ..] ? 0 : 1),
        ];
    }

    private static UserCandidate Of(UserRepresentation user, FindCandidates asked)
    {
        var verified = user.EmailVerified == true;
        var why = new List<string>();
        if (user.Email is { } email && email.Equals(asked.Email?.Trim(), StringComparison.OrdinalIgnoreCase))
            why.Add(verified ? "email-verified" : "email-unverified");
        if (asked.Name is not null)
        {
            var same = $"{user.FirstName} {user.LastName}".Trim().Equals(asked.Name.Trim(), StringComparison.OrdinalIgnoreCase);
            if (same) why.Add("same-name");
            else if (why.Count == 0) why.Add("similar-name");
        }

        return new UserCandidate(user.Id!, user.Username, user.Email, verified, user.FirstName, user.LastName, user.Enabled == true, why);
    }
}
