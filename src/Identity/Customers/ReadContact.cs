using BillingMonolith.Identity.Keycloak;
using MediatR;

namespace BillingMonolith.Identity;

/// <summary>A user's address, as Keycloak has it now; null when there is no such user, or none with an e-mail address.</summary>
/// <param name="UserId">The Keycloak user id (<c>sub</c>).</param>
public sealed record ReadContact(string UserId) : IRequest<Contact?>;

/// <summary>A user's address.</summary>
/// <param name="Email">The address in Keycloak.</param>
/// <param name="Name">First and last name; empty when there is none.</param>
public sealed record Contact(string Email, string Name);

internal sealed class ReadContactHandler(KeycloakUsers keycloak) : IRequestHandler<ReadContact, Contact?>
{
    public async Task<Contact?> Handle(ReadContact query, CancellationToken cancellationToken) =>
        await keycloak.FindAsync(query.UserId, cancellationToken) is { Email: { Length: > 0 } email } user
            ? new Contact(email, $"{user.FirstName} {user.LastName}".Trim())
            : null;
}
