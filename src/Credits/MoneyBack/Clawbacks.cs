using BillingMonolith.SharedKernel;

namespace BillingMonolith.Credits;

/// <summary>The facts of one step.</summary>
internal sealed record Said(string Cause, IReadOnlyList<MoneyFact> Facts);

/// <summary>
/// Brings purchases to the state that the facts of their payments imply (<see cref="MoneyBack"/>): first the facts, then the credits.
/// Everything is locked in one order: payments, purchases, accounts.
/// </summary>
internal sealed class Clawbacks(MoneyFacts facts, LedgerWriter writer)
{
    /// <summary>Records the facts, in whatever order and however often they come, and applies their consequences.</summary>
    public async Task<IReadOnlyList<Outcome>> RecordAsync(IReadOnlyList<Said> said, CancellationToken cancellationToken)
    {
        var payments = said.SelectMany(s => s.Facts).Select(f => f.PaymentIntentId).Distinct().ToList();
        await facts.LockAsync(payments, alone: true, cancellationToken);
        var known = await facts.OfAsync(payments, cancellationToken);

        // Of several facts about one thing, the newest; the order of ids makes two refunds in one set always follow each other the same way.
        var news = said.SelectMany(s => s.Facts.Select(f => new News(f, s.Cause))).GroupBy(c => c.Fact.Id)
            .Select(g => g.Aggregate((newest, next) => next.Fact.Supersedes(newest.Fact) ? next : newest))
            .Where(c => !known.TryGetValue(c.Fact.Id, out var before) || c.Fact.Supersedes(before))
            .OrderBy(c => c.Fact.Id, StringComparer.Ordinal).ToList();
        await facts.WriteAsync(news.ConvertAll(c => c.Fact), cancellationToken);

        var purchases = await facts.PurchasesAsync(payments, cancellationToken);
        await FollowAsync(purchases, known, news, cancellationToken);
        return [.. said.Select(s => OutcomeOf(s, purchases))];
    }

    /// <summary>Called before purchases are completed: nobody records refunds or disputes of their payments meanwhile.</summary>
    public Task ExpectAsync(IEnumerable<string?> payments, CancellationToken cancellationToken) =>
        facts.LockAsync(payments, alone: false, cancellationToken);

    /// <summary>Called after purchases were completed and granted: earlier facts about their payments take effect now.</summary>
    /// <param name="completed">The purchases' payments, and the events that completed them.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task CatchUpAsync(IEnumerable<(string? Payment, string Cause)> completed, CancellationToken cancellationToken)
    {
        var causes = completed.Where(c => c.Payment is not null).ToDictionary(c => c.Payment!, c => c.Cause);
        if (causes.Count == 0) return;
        var waiting = await facts.OfAsync(causes.Keys, cancellationToken);
        if (waiting.Count == 0) return;
        var news = waiting.Values.OrderBy(f => f.Id, StringComparer.Ordinal).Select(f => new News(f, causes[f.PaymentIntentId])).ToList();
        await FollowAsync(await facts.PurchasesAsync(causes.Keys, cancellationToken), [], news, cancellationToken);
    }

    private async Task FollowAsync(
        IReadOnlyList<PaidPurchase> purchases, Dictionary<string, MoneyFact> known, List<News> news, CancellationToken cancellationToken)
    {
        var after = new List<(PaidPurchase, MoneyBack)>();
        foreach (var purchase in purchases)
        {
            var seen = known.Values.Where(f => f.PaymentIntentId == purchase.Payment).ToDictionary(f => f.Id);
            var (clawed, frozen, back) = (purchase.ClawedCredits, purchase.IsFrozen, (MoneyBack?)null);

            // One fact at a time, so that each entry of the ledger has one cause.
            foreach (var change in news.Where(c => c.Fact.PaymentIntentId == purchase.Payment))
            {
                seen[change.Fact.Id] = change.Fact;
                back = MoneyBack.Of(purchase, seen.Values);
                await writer.PostAsync(purchase, change, back.Credits - clawed, back.IsFrozen == frozen ? null : back.IsFrozen, cancellationToken);
                (clawed, frozen) = (back.Credits, back.IsFrozen);
            }

            if (back is not null) after.Add((purchase, back));
        }

        if (after.Count == 0) return;
        await facts.WriteAsync(after, cancellationToken);
        await writer.RecordAsync(cancellationToken);
    }

    private static Outcome OutcomeOf(Said said, IReadOnlyList<PaidPurchase> purchases)
    {
        var bought = purchases.ToDictionary(p => p.Payment);
        var foreign = said.Facts.FirstOrDefault(f => bought.TryGetValue(f.PaymentIntentId, out var purchase) && purchase.Currency != f.Currency);
        if (foreign is not null)
        {
            var purchase = bought[foreign.PaymentIntentId];
            return new Outcome.Parked($"{foreign.Id} is in {foreign.Currency}, but purchase {purchase.Name} was paid in {purchase.Currency}. No credits "
                + "were taken back for it. Look at the payment in Stripe's dashboard and adjust the credits by hand.");
        }

        return said.Facts.Any(f => bought.ContainsKey(f.PaymentIntentId)) ? Outcome.Done : new Outcome.Ignored(
            $"So far no credit pack was bought with {said.Facts[0].PaymentIntentId}; kept in case its purchase comes later.");
    }
}

/// <summary>A new fact, and the event that brought it.</summary>
internal sealed record News(MoneyFact Fact, string Cause);
