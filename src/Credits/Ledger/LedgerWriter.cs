using BillingMonolith.SharedKernel;
using Dapper;

namespace BillingMonolith.Credits;

/// <summary>The entries that follow from refunds and disputes, each with its audit entry.</summary>
internal sealed class LedgerWriter(Ledger ledger, UnitOfWork work)
{
    private readonly List<(long Entry, long Credits, PaidPurchase Purchase, News News)> posted = [];

    /// <param name="purchase">The purchase that granted the credits.</param>
    /// <param name="change">The reason.</param>
    /// <param name="credits">The number to take back; negative = to restore.</param>
    /// <param name="frozen">Whether to freeze the rest of them; null = leave it unchanged.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task PostAsync(PaidPurchase purchase, News change, long credits, bool? frozen, CancellationToken cancellationToken)
    {
        var (user, origin, fact) = (purchase.UserId, purchase.Origin, change.Fact);
        // A lost dispute takes its own credits before the rest is free to repay other debts; restored credits get the terms that are valid by then.
        if (credits > 0) Keep(await ledger.ClawBackAsync(user, origin, credits, fact.Source, fact.Reason, cancellationToken));
        if (frozen is { } freeze)
        {
            await ledger.FreezeAsync(user, origin, freeze, cancellationToken);
            work.Record(Audited(freeze ? "credit.freeze" : "credit.release", purchase, change));
        }

        if (credits < 0) Keep(await ledger.RestoreAsync(user, origin, -credits, fact.Source, fact.Reason, cancellationToken));

        void Keep(Posting posting) => posted.Add((posting.EntryId, Math.Abs(credits), purchase, change));
    }

    /// <summary>Audits the postings: the entries say how much of each is debt, was debt, or had expired.</summary>
    public async Task RecordAsync(CancellationToken cancellationToken)
    {
        if (posted.Count == 0) return;
        var connection = await work.OpenAsync(cancellationToken);
        var entries = (await connection.QueryAsync<(long Id, string Kind, long Debt, long Ended)>(new CommandDefinition(
            "SELECT id, kind, debt, ended FROM credit_entries WHERE id = ANY (@Ids)", new { Ids = posted.ConvertAll(p => p.Entry) },
            cancellationToken: cancellationToken))).ToDictionary(e => e.Id);
        foreach (var (entry, credits, purchase, change) in posted)
        {
            var (_, kind, owed, ended) = entries[entry];
            work.Record(Audited(kind == "clawback" ? "credit.refund" : "credit.restore", purchase, change, credits, owed, ended));
        }

        posted.Clear();
    }

    private static AuditEntry Audited(string action, PaidPurchase purchase, News change, long? credits = null, long? owed = null, long? ended = null) =>
        new(action, "purchase", purchase.Name, change.Cause)
        {
            UserId = purchase.UserId,
            Metadata = new
            {
                refund = (change.Fact as RefundFact)?.Id,
                dispute = (change.Fact as DisputeFact)?.Id,
                credits,
                owed,
                ended,
                amount_minor = change.Fact.AmountMinor,
                currency = change.Fact.Currency,
            },
        };
}
