using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using BillingMonolith.Audit;
using Dapper;

namespace BillingMonolith.Billing;

/// <summary>Writes tiers and their prices in a command's transaction, each with its audit entry: as it was and as it is.</summary>
internal sealed class TierRows(UnitOfWork work)
{
    private static readonly JsonSerializerOptions Snake = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>The tier, kept from others until the command ends.</summary>
    /// <exception cref="RefusalException">There is none.</exception>
    public async Task<Tier> LockAsync(string tierId, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "SELECT FROM billing_tiers WHERE id = @tierId FOR UPDATE", new { tierId }, cancellationToken: cancellationToken));
        return await TierReader.FindAsync(connection, tierId, cancellationToken) ?? throw Unknown(tierId);
    }

    /// <summary>Inserts a tier; false when its id is taken.</summary>
    public async Task<bool> InsertAsync(NewTier tier, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var inserted = await connection.ExecuteAsync(new CommandDefinition("""
            INSERT INTO billing_tiers (id, name, description, family, currency, lago_plan_monthly, lago_plan_yearly, display_order, active, invite_only)
            VALUES (@TierId, @Name, @Description, @Family, @Currency, @LagoMonthly, @LagoYearly, @DisplayOrder, @IsActive, @IsInviteOnly)
            ON CONFLICT (id) DO NOTHING
            """, Row(tier.TierId, tier), cancellationToken: cancellationToken));
        if (inserted == 1) await PriceAsync(tier.TierId, tier, cancellationToken);
        return inserted == 1;
    }

    /// <summary>Puts the terms in the place of those that were; a price whose amount stays keeps its Stripe price.</summary>
    public async Task ReplaceAsync(string tierId, TierTerms terms, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            UPDATE billing_tiers SET
              name = @Name, description = @Description, family = @Family, currency = @Currency, lago_plan_monthly = @LagoMonthly,
              lago_plan_yearly = @LagoYearly, display_order = @DisplayOrder, active = @IsActive, invite_only = @IsInviteOnly
            WHERE id = @TierId
            """, Row(tierId, terms), cancellationToken: cancellationToken));
        await PriceAsync(tierId, terms, cancellationToken);
    }

    /// <summary>The tier as the command leaves it, with its audit entry; none when nothing is different.</summary>
    public async Task<Tier> DoneAsync(string action, string cause, string tierId, Tier? before, CancellationToken cancellationToken)
    {
        var after = (await TierReader.FindAsync(await work.OpenAsync(cancellationToken), tierId, cancellationToken))!;
        // The revision grows with every writing; what was written again as it was is no change.
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

    private static DynamicParameters Row(string tierId, TierTerms terms)
    {
        var row = new DynamicParameters(terms);
        row.Add("TierId", tierId);
        row.Add("LagoMonthly", terms.LagoPlanMonthly ?? tierId);
        row.Add("LagoYearly", terms.LagoPlanYearly ?? $"{tierId}_yearly");
        return row;
    }

    private static JsonElement Facts(Tier tier) => JsonSerializer.SerializeToElement(tier, Snake);
}
