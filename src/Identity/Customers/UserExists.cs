using BillingMonolith.Identity.Keycloak;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Identity;

/// <summary>Whether Keycloak has a user with this id, because credits for a missing user would be lost.</summary>
/// <param name="UserId">The Keycloak user id (<c>sub</c>).</param>
public sealed record UserExists(string UserId) : IRequest<bool>;

internal sealed class UserExistsValidator : AbstractValidator<UserExists>
{
    public UserExistsValidator() => RuleFor(u => u.UserId).NotEmpty().MaximumLength(64).WithMessage("A Keycloak user id of at most 64 characters.");
}

internal sealed class UserExistsHandler(KeycloakUsers keycloak) : IRequestHandler<UserExists, bool>
{
    public async Task<bool> Handle(UserExists request, CancellationToken cancellationToken) =>
        await keycloak.FindAsync(request.UserId, cancellationToken) is not null;
}
