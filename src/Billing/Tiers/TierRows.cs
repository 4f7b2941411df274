using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using BillingMonolith.SharedKernel;
using Dapper;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace BillingMonolith.Billing;

/// <summary>Writes tiers and their prices in a command's transaction, each with an audit entry of the state before and after.</summary>
internal sealed class TierRows(UnitOfWork work)
{
    private static readonly JsonSerializerOptions Snake = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>The tier, locked until the command ends.</summary>
    /// <exception cref="RefusalException">There is none.</exception>
    public async Task<Tier> LockAsync(string tierId, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "SELECT FROM billing_tiers WHERE id = @tierId FOR UPDATE", new { tierId }, cancellationToken: cancellationToken));
        return await TierReader.FindAsync(await work.ContextAsync<BillingContext>(cancellationToken), tierId, cancellationToken) ?? throw Unknown(tierId);
    }

    /// <summary>Inserts a tier.</summary>
    /// <exception cref="RefusalException">Its id is taken.</exception>
    public async Task InsertAsync(NewTier tier, CancellationToken cancellationToken)
    {
        var db = await work.ContextAsync<BillingContext>(cancellationToken);
        db.Add(Of(tier.TierId, tier, stripeProductId: null, revision: 1));
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new RefusalException(HttpStatusCode.Conflict, "tier-exists", $"There is a tier '{tier.TierId}' already. Change it, or take another id.");
        }
    }

    /// <summary>Replaces the terms; a price whose amount stays keeps its Stripe price.</summary>
    public async Task ReplaceAsync(Tier before, TierTerms terms, CancellationToken cancellationToken)
    {
        var db = await work.ContextAsync<BillingContext>(cancellationToken);
        // Also when only a price changes: the revision grows.
        db.Entry(Of(before.Id, terms, before.StripeProductId, before.Revision)).State = EntityState.Modified;
        await db.SaveChangesAsync(cancellationToken);
        await PriceAsync(before.Id, terms, cancellationToken);
    }

    /// <summary>The tier as the command leaves it, with its audit entry; none when nothing changed.</summary>
    public async Task<Tier> DoneAsync(string action, string cause, string tierId, Tier? before, CancellationToken cancellationToken)
    {
        var after = (await TierReader.FindAsync(await work.ContextAsync<BillingContext>(cancellationToken), tierId, cancellationToken))!;
        // The revision grows with every write; rewriting the same values is no change.
        if (before is not null && Facts(before with { Revision = after.Revision }).ToString() == Facts(after).ToString()) return after;
        work.Record(new AuditEntry($"admin.tier.{action}", "tier", tierId, cause)
        {
            Metadata = new { before = before is null ? (object?)null : Facts(before), after = Facts(after) },
        });
        return after;
    }

    public static RefusalException Unknown(string tierId) => new(HttpStatusCode.NotFound, "tier-not-found", $"There is no tier '{tierId}'.");

    private async Task PriceAsync(string tierId, TierTerms terms, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            DELETE FROM billing_tier_prices p
            WHERE tier_id = @tierId AND NOT EXISTS (SELECT FROM unnest(@cycles, @currencies) AS k (cycle, currency)
                                                    WHERE k.cycle = p.cycle AND k.currency = p.currency);
            INSERT INTO billing_tier_prices AS p (tier_id, cycle, currency, amount_minor)
            SELECT @tierId, * FROM unnest(@cycles, @currencies, @amounts)
            ON CONFLICT (tier_id, cycle, currency) DO UPDATE SET amount_minor = excluded.amount_minor WHERE p.amount_minor <> excluded.amount_minor
            """,
            new
            {
                tierId,
                cycles = terms.Prices.Select(p => p.Cycle).ToArray(),
                currencies = terms.Prices.Select(p => p.Currency).ToArray(),
                amounts = terms.Prices.Select(p => p.AmountMinor).ToArray(),
            },
            cancellationToken: cancellationToken));
    }

    private static Tier Of(string tierId, TierTerms terms, string? stripeProductId, long revision) => new(
        tierId, terms.Family, terms.Name, terms.Description, terms.LagoPlanMonthly ?? tierId, terms.LagoPlanYearly ?? $"{tierId}_yearly", terms.Currency,
        [.. terms.Prices.Select(p => new TierPrice(BillingCycles.Known(p.Cycle), p.Currency, p.AmountMinor, StripePriceId: null))], terms.DisplayOrder,
        terms.IsActive, terms.IsInviteOnly, stripeProductId, revision);

    private static JsonElement Facts(Tier tier) => JsonSerializer.SerializeToElement(tier, Snake);
}
