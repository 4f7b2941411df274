using BillingMonolith.Identity;
using BillingMonolith.Notifications;
using MediatR;

namespace BillingMonolith.Host.Routing;

/// <summary>Users' addresses as Keycloak has them now.</summary>
internal sealed class AddressBook(IMediator mediator) : IAddressBook
{
    public async Task<Addressee?> FindAsync(string userId, CancellationToken cancellationToken) =>
        await mediator.Send(new ReadContact(userId), cancellationToken) is { } contact ? new Addressee(contact.Email, contact.Name) : null;
}
