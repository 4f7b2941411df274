namespace BillingMonolith.Notifications;

/// <summary>Where users' mail goes, when a mail names the user and no address. The Host has the one implementation: it asks Identity.</summary>
public interface IAddressBook
{
    /// <summary>A user's address and name as they are now; null when there is no such user, or none with an address.</summary>
    Task<Addressee?> FindAsync(string userId, CancellationToken cancellationToken);
}

/// <summary>To whom a mail goes.</summary>
/// <param name="Email">The address.</param>
/// <param name="Name">First and last name; empty when there is none.</param>
public sealed record Addressee(string Email, string Name);
