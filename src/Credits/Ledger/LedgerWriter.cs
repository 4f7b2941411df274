using BillingMonolith.SharedKernel;
using Dapper;

namespace BillingMonolith.Credits;

/// <summary>The entries that follow from money that came back, each with its audit entry.</summary>
internal sealed class LedgerWriter(Ledger ledger, UnitOfWork work)
{
    private readonly List<(long Entry, long Credits, PaidPurchase Purchase, News News)> posted = [];

    /// <param name="purchase">Whose credits.</param>
    /// <param name="change">Why.</param>
    /// <param name="credits">How many to take back; negative = to give back.</param>
    /// <param name="frozen">What to do with what is left of them; null = leave it as it is.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task PostAsync(PaidPurchase purchase, News change, long credits, bool? frozen, CancellationToken cancellationToken)
    {
        var (user, origin, fact) = (purchase.UserId, purchase.Origin, change.Fact);
        // A lost dispute takes its own credits before what is left is free to repay other debts; what comes back is on the terms that hold by then.
        if (credits > 0) Keep(await ledger.ClawBackAsync(user, origin, credits, fact.Source, fact.Reason, cancellationToken));
        if (frozen is { } freeze)
        {
            await ledger.FreezeAsync(user, origin, freeze, cancellationToken);
            work.Record(Audited(freeze ? "credit.freeze" : "credit.release", purchase, change));
        }

        if (credits < 0) Keep(await ledger.RestoreAsync(user, origin, -credits, fact.Source, fact.Reason, cancellationToken));

        void Keep(Posting posting) => posted.Add((posting.EntryId, Math.Abs(credits), purchase, change));
    }

    /// <summary>Audits what was posted: how much of it is owed, or was, or had ended, the entries say.</summary>
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
