using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.Identity;

/// <summary>A user's customer at Stripe, by our own mapping: the one that was linked last. Never by an e-mail address. Null when there is none.</summary>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record FindCustomer(string UserId) : IRequest<string?>;

internal sealed class FindCustomerHandler(IDbContextFactory<IdentityContext> contexts) : IRequestHandler<FindCustomer, string?>
{
    public async Task<string?> Handle(FindCustomer query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await LatestAsync(db, query.UserId, cancellationToken);
    }

    internal static Task<string?> LatestAsync(IdentityContext db, string userId, CancellationToken cancellationToken) =>
        db.Customers.Where(c => c.UserId == userId).OrderByDescending(c => c.LinkedAt).ThenBy(c => c.StripeCustomerId).Select(c => c.StripeCustomerId)
            .FirstOrDefaultAsync(cancellationToken);
}

/// <summary>Whose a Stripe customer is.</summary>
internal sealed record CustomerLink
{
    public required string StripeCustomerId { get; init; }
    public required string UserId { get; init; }
    public DateTime LinkedAt { get; init; }
}

internal sealed class CustomerLinkConfiguration : IEntityTypeConfiguration<CustomerLink>
{
    public void Configure(EntityTypeBuilder<CustomerLink> link)
    {
        link.ToTable("identity_customers");
        link.HasKey(c => c.StripeCustomerId);
    }
}
