using BillingMonolith.SharedKernel;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.Credits;

/// <summary>A purchase in its present state. Amounts are in the minor unit of its currency.</summary>
public sealed record Purchase
{
    /// <summary>Its id.</summary>
    public Guid Id { get; init; }
    /// <summary>The buyer: the Keycloak user id.</summary>
    public required string UserId { get; init; }
    /// <summary>The buyer's e-mail address at the start; null for a session that no shop of ours opened.</summary>
    public string? UserEmail { get; init; }
    /// <summary>The package's code.</summary>
    public required string PackageCode { get; init; }
    /// <summary>The package's name at the time of sale.</summary>
    public required string PackageName { get; init; }
    /// <summary>The credits that it gives.</summary>
    public long Credits { get; init; }
    /// <summary>The amount paid; null until then.</summary>
    public long? AmountPaidMinor { get; init; }
    /// <summary>ISO 4217, lower case.</summary>
    public required string Currency { get; init; }
    /// <summary><c>pending</c>, <c>processing</c>, <c>completed</c>, <c>failed</c>, <c>refunded</c> or <c>disputed</c>.</summary>
    public required string Status { get; init; }
    /// <summary>The reason for a failure.</summary>
    public string? FailureReason { get; init; }
    /// <summary>The time when it was begun.</summary>
    public DateTime CreatedAt { get; init; }
    /// <summary>The time when its credits were granted.</summary>
    public DateTime? CompletedAt { get; init; }
    /// <summary>The payment at Stripe; null when nothing had to be paid.</summary>
    public string? StripePaymentId { get; init; }
    /// <summary>The checkout session; null for an automatic top-up, and until Stripe has answered.</summary>
    public string? StripeCheckoutSessionId { get; init; }
    /// <summary>The payment intent.</summary>
    public string? StripePaymentIntentId { get; init; }
    /// <summary>The buyer's customer at Stripe.</summary>
    public string? StripeCustomerId { get; init; }
    /// <summary>The refunded amount.</summary>
    public long RefundedMinor { get; init; }
}

/// <summary>A page of purchases.</summary>
/// <param name="Purchases">The newest first.</param>
/// <param name="HasMore">Whether older ones follow.</param>
public sealed record PurchasePage(IReadOnlyList<Purchase> Purchases, bool HasMore)
{
    internal const int DeepestOffset = 100_000;

    /// <summary>The cursor of the next page; null when nothing follows.</summary>
    public PurchasePosition? Next => HasMore ? new PurchasePosition(Purchases[^1].CreatedAt, Purchases[^1].Id) : null;
}

/// <summary>The last purchase of a page.</summary>
/// <param name="CreatedAt">The time when it was begun.</param>
/// <param name="Id">Its id.</param>
public sealed record PurchasePosition(DateTime CreatedAt, Guid Id);

/// <summary>Reads a page by its key, from the index whose first column is the filter: each has the page's order, and no index has both orders.</summary>
internal static class PurchaseReader
{
    private const string OrderOfAll = "created_at DESC, id DESC";
    private const string OrderOfSome = "created_at DESC NULLS LAST, id DESC";

    /// <param name="db">The connection; it reads without a transaction.</param>
    /// <param name="page">The conditions.</param>
    /// <param name="sets">The keys of the purchases to read; the sets do not overlap, and each has an index. None = all, by their age.</param>
    /// <param name="after">The end of the previous page.</param>
    /// <param name="offset">How many to skip.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task<PurchasePage> ReadAsync(CreditsContext db, PageSql page, IReadOnlyList<FormattableString> sets, PurchasePosition? after,
        int offset, int limit, CancellationToken cancellationToken)
    {
        if (after is not null) page.Where($"(created_at, id) < ({after.CreatedAt}, {after.Id})");
        var rows = await page.Of(db.Purchases, sets, sets.Count == 0 ? OrderOfAll : OrderOfSome, limit + 1, offset).ToListAsync(cancellationToken);
        return new PurchasePage(rows.Count > limit ? rows[..limit] : rows, rows.Count > limit);
    }
}

/// <summary>Read only: SQL writes purchases, in sets and together with the ledger.</summary>
internal sealed class PurchaseConfiguration : IEntityTypeConfiguration<Purchase>
{
    public void Configure(EntityTypeBuilder<Purchase> purchase)
    {
        purchase.ToTable("credit_purchases");
        purchase.Property(p => p.PackageCode).HasMaxLength(50);
        purchase.Property(p => p.Currency).HasColumnType("character(3)");
        purchase.Property(p => p.StripePaymentId).ValueGeneratedOnAddOrUpdate();
    }
}
