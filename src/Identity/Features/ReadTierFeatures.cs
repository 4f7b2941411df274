using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.Identity;

/// <summary>A feature of a tier.</summary>
/// <param name="Key">The key that programs use: `api_access`.</param>
/// <param name="Type">`boolean`, `number` or `text`.</param>
/// <param name="Value">As text: `true`, `10`, `unlimited`.</param>
public sealed record TierFeature(string Key, string Type, string Value);

/// <summary>Reads every tier's features, by the tier's id and in the order of the keys. A tier without features is left out.</summary>
public sealed record ReadTierFeatures : IRequest<IReadOnlyDictionary<string, IReadOnlyList<TierFeature>>>;

internal sealed class ReadTierFeaturesHandler(IDbContextFactory<IdentityContext> contexts)
    : IRequestHandler<ReadTierFeatures, IReadOnlyDictionary<string, IReadOnlyList<TierFeature>>>
{
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<TierFeature>>> Handle(ReadTierFeatures query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await db.TierFeatures.Select(f => new { TierId = EF.Property<string>(f, "TierId"), Feature = f })
            .OrderBy(f => f.TierId).ThenBy(f => f.Feature.Key).ToListAsync(cancellationToken);
        return rows.GroupBy(r => r.TierId, StringComparer.Ordinal).ToDictionary(
            t => t.Key, IReadOnlyList<TierFeature> (t) => [.. t.Select(f => f.Feature)], StringComparer.Ordinal);
    }
}

internal sealed class TierFeatureConfiguration : IEntityTypeConfiguration<TierFeature>
{
    public void Configure(EntityTypeBuilder<TierFeature> feature)
    {
        feature.ToTable("identity_tier_features");
        feature.Property<string>("TierId");
        feature.HasKey("TierId", nameof(TierFeature.Key));
    }
}
