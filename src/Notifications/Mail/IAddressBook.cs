namespace BillingMonolith.Notifications;

/// <summary>Looks up the address for a mail that names the user and no address. The Host has the only implementation: it asks Identity.</summary>
public interface IAddressBook
{
    /// <summary>A user's present address and name; null when there is no such user, or none with an address.</summary>
    Task<Addressee?> FindAsync(string userId, CancellationToken cancellationToken);
}

/// <summary>The recipient of a mail.</summary>
/// <param name="Email">The address.</param>
/// <param name="Name">First and last name; empty when there is none.</param>
public sealed record Addressee(string Email, string Name);
