using BillingMonolith.Identity.Keycloak;
using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Identity;

/// <summary>
/// Finds the user of a payment. An operator's link decides; then the user id that the shop put on the payment; then a link from an earlier
/// payment; then the only user with this verified e-mail address.
/// </summary>
/// <param name="CustomerId">Stripe's customer id, <c>cus_…</c>, or a guest's session, <c>cs_…</c>, if there is one.</param>
/// <param name="UserId">
/// The Keycloak user id that the payment names, if it does. For a first payment Keycloak is asked whether the user exists; while it cannot be
/// asked, the id is accepted.
/// </param>
/// <param name="Email">The e-mail address that the payment carries, if there is one.</param>
public sealed record FindUser(string? CustomerId, string? UserId, string? Email) : IRequest<FoundUser>;

/// <summary>The result: a user, or the reason why there is none.</summary>
/// <param name="UserId">The Keycloak user id, or null.</param>
/// <param name="Reason">For people, when there is no user. It names no e-mail address in full.</param>
public sealed record FoundUser(string? UserId, string? Reason);

internal sealed class FindUserValidator : AbstractValidator<FindUser>
{
    public FindUserValidator() => RuleFor(f => f.Email).MaximumLength(320);
}

internal sealed class FindUserHandler(NpgsqlDataSource database, KeycloakUsers keycloak) : IRequestHandler<FindUser, FoundUser>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task<FoundUser> Handle(FindUser request, CancellationToken cancellationToken)
    {
        var link = string.IsNullOrEmpty(request.CustomerId) ? null : await LinkAsync(request.CustomerId, cancellationToken);
        if (link is { ByOperator: true }) return new FoundUser(link.UserId, null);
        if ((request.UserId ?? link?.UserId) is { Length: > 0 } known)
            return known == link?.UserId || await MayExistAsync(known, cancellationToken)
                ? new FoundUser(known, null)
                : new FoundUser(null, $"The payment names user {known}, whom Keycloak does not have.");
        return request.Email?.Trim() is { Length: > 0 } email
            ? Judge(await keycloak.FindByEmailAsync(email, cancellationToken), email)
            : new FoundUser(null, "The payment names no user, no linked customer and no e-mail address.");
    }

    /// <summary>A shared or unverified address does not prove who paid.</summary>
    internal static FoundUser Judge(IReadOnlyList<UserRepresentation> users, string email) => users switch
    {
        [] => new FoundUser(null, $"No user has the e-mail address {Masked(email)}."),
        [_, _, ..] => new FoundUser(null, $"{users.Count} users have the e-mail address {Masked(email)}."),
        [{ EmailVerified: not true }] =>
            new FoundUser(null, $"The user with the e-mail address {Masked(email)} has not verified it."),
        [var only] => new FoundUser(only.Id, null),
    };

    // Only a definite no counts. A user with a link is not looked up again; a Keycloak that is down or slow holds up neither Lago nor credits.
    private async Task<bool> MayExistAsync(string userId, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return await keycloak.FindAsync(userId, patience.Token) is not null;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return true;
        }
    }

    private async Task<Link?> LinkAsync(string customerId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Link>(new CommandDefinition(
            """
            SELECT user_id AS UserId, by_operator AS ByOperator FROM identity_customers WHERE stripe_customer_id = @customerId
            UNION ALL SELECT user_id, true FROM identity_guests WHERE session_id = @customerId
            """,
            new { customerId }, cancellationToken: cancellationToken));
    }

    private sealed record Link(string UserId, bool ByOperator);

    private static string Masked(string email) => email.LastIndexOf('@') is var at and > 0 ? $"{email[0]}…{email[at..]}" : "…";
}
