using Dapper;
using MediatR;
using Npgsql;

namespace BillingMonolith.Identity;

/// <summary>Something that a tier gives.</summary>
/// <param name="Key">What programs ask for: `api_access`.</param>
/// <param name="Type">`boolean`, `number` or `text`.</param>
/// <param name="Value">As text: `true`, `10`, `unlimited`.</param>
public sealed record TierFeature(string Key, string Type, string Value);

/// <summary>Reads what every tier gives, by the tier's id and in the order of the keys. A tier without features is not in it.</summary>
public sealed record ReadTierFeatures : IRequest<IReadOnlyDictionary<string, IReadOnlyList<TierFeature>>>;

internal sealed class ReadTierFeaturesHandler(NpgsqlDataSource database)
    : IRequestHandler<ReadTierFeatures, IReadOnlyDictionary<string, IReadOnlyList<TierFeature>>>
{
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<TierFeature>>> Handle(ReadTierFeatures query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<(string TierId, string Key, string Type, string Value)>(new CommandDefinition(
            "SELECT tier_id, key, type, value FROM identity_tier_features ORDER BY tier_id, key", cancellationToken: cancellationToken));
        return rows.GroupBy(r => r.TierId, StringComparer.Ordinal).ToDictionary(
            t => t.Key, IReadOnlyList<TierFeature> (t) => [.. t.Select(f => new TierFeature(f.Key, f.Type, f.Value))], StringComparer.Ordinal);
    }
}
