namespace BillingMonolith.Credits;

/// <summary>The part of a purchase's row that tells the terms and the session.</summary>
internal sealed record SoldRow(
    Guid Id, string? SessionId, string UserId, string PackageCode, string PackageName, long Credits, long PriceMinor, string Currency, int? ExpiresAfterDays)
{
    public PurchaseSnapshot Snapshot => new(UserId, PackageCode, PackageName, Credits, PriceMinor, Currency, ExpiresAfterDays);
}

/// <summary>
/// The sales of some sessions: our purchases, by their session or else by the id in the session's metadata, and the catalogue for
/// sessions that no shop of ours opened.
/// </summary>
internal sealed class Sold(IReadOnlyList<SoldRow> bySession, IReadOnlyList<SoldRow> byId, ILookup<string, PurchaseSnapshot> byPackage)
{
    private readonly Dictionary<string, SoldRow> sessions = bySession.ToDictionary(p => p.SessionId!);
    private readonly Dictionary<Guid, SoldRow> purchases = byId.ToDictionary(p => p.Id);
    private readonly Dictionary<Guid, string> learned = [];

    public PurchaseSnapshot? Snapshot(SettlePurchase step) =>
        sessions.TryGetValue(step.SessionId, out var known) ? known.Snapshot
        : step.PurchaseId is { } id && purchases.TryGetValue(id, out var named) ? Named(step, named)
        : step.PackageCode is not null && Price(byPackage[step.PackageCode], step.Currency) is { } package ? package with { UserId = step.UserId! }
        : null;

    // Metadata only names a purchase. It belongs to this session when user and package agree and it has, or gets, no other session.
    private PurchaseSnapshot Named(SettlePurchase step, SoldRow purchase)
    {
        var session = purchase.SessionId ?? learned.GetValueOrDefault(purchase.Id);
        var conflict = purchase.UserId != step.UserId ? "is another user's"
            : purchase.PackageCode != step.PackageCode ? $"is of package '{purchase.PackageCode}', not '{step.PackageCode}'"
            : session is not null && session != step.SessionId ? $"has another session, {session}"
            : null;
        if (conflict is not null)
        {
            return purchase.Snapshot with
            {
                Conflict = $"The session names purchase {purchase.Id}, which {conflict}. Nothing was granted: find out who opened it.",
            };
        }

        learned[purchase.Id] = step.SessionId;
        return purchase.Snapshot with { Learns = purchase.SessionId is null ? purchase.Id : null };
    }

    // The price in the session's currency; without one it is compared with, and refused by, the default price, which comes first.
    private static PurchaseSnapshot? Price(IEnumerable<PurchaseSnapshot> prices, string currency) =>
        prices.FirstOrDefault(p => p.Currency == currency) ?? prices.FirstOrDefault();
}
