using System.Text.RegularExpressions;
using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.Identity;

/// <summary>The entitlement of a tier, as an administrator sets it.</summary>
/// <param name="Rank">0 to 1000: of a user's several subscriptions the highest counts.</param>
/// <param name="GraceDays">0 to 90: the number of days for which an unpaid invoice leaves the tier.</param>
/// <param name="Features">The tier's features, at most 100.</param>
/// <param name="GraceFeatures">The only features that stay on during grace; null = all.</param>
public sealed record EntitlementTerms(int Rank, int GraceDays, IReadOnlyList<TierFeature> Features, IReadOnlyList<string>? GraceFeatures = null);

/// <summary>The entitlement of a tier.</summary>
/// <param name="TierId">The tier.</param>
/// <param name="Rank">Of a user's several subscriptions the highest counts.</param>
/// <param name="GraceDays">The number of days for which an unpaid invoice leaves the tier.</param>
/// <param name="Features">The tier's features, by key.</param>
/// <param name="GraceFeatures">The only features that stay on during grace; null = all.</param>
public sealed record TierEntitlement(
    string TierId, int Rank, int GraceDays, IReadOnlyList<TierFeature> Features, IReadOnlyList<string>? GraceFeatures);

/// <summary>Reads a tier's entitlement; a tier without a row has no features and the default grace.</summary>
/// <param name="TierId">A tier of the catalogue.</param>
public sealed record ReadTierEntitlement(string TierId) : IRequest<TierEntitlement>;

/// <summary>Replaces a tier's entitlement. It applies to the tier's users from the commit on.</summary>
/// <param name="Cause">The request behind it.</param>
/// <param name="TierId">A tier of the catalogue; the caller checks it.</param>
/// <param name="Terms">The complete terms.</param>
public sealed record SetTierEntitlement(string Cause, string TierId, EntitlementTerms Terms) : IRequest<TierEntitlement>;

internal sealed partial class SetTierEntitlementValidator : AbstractValidator<SetTierEntitlement>
{
    private const int MostFeatures = 100;

    public SetTierEntitlementValidator()
    {
        RuleFor(t => t.Cause).NotEmpty();
        RuleFor(t => t.TierId).NotEmpty();
        RuleFor(t => t.Terms.Rank).InclusiveBetween(0, 1000).WithMessage("0 to 1000.").OverridePropertyName("rank");
        RuleFor(t => t.Terms.GraceDays).InclusiveBetween(0, 90).WithMessage("0 to 90.").OverridePropertyName("grace_days");
        RuleFor(t => t.Terms.Features).Must(f => f.Count <= MostFeatures).WithMessage($"At most {MostFeatures}.").OverridePropertyName("features");
        RuleFor(t => t.Terms.Features).Must(f => f.DistinctBy(x => x.Key).Count() == f.Count).WithMessage("Each key once.").OverridePropertyName("features");
        RuleForEach(t => t.Terms.Features).Must(f => Key().IsMatch(f.Key)).WithMessage(
            "A key begins with a small letter and has at most 50 small letters, digits and underscores.").OverridePropertyName("features");
        RuleForEach(t => t.Terms.Features).Must(Fits).WithMessage(
            "Type and value do not fit: boolean is true or false, number 10 or 0.5, text 1 to 200 characters.").OverridePropertyName("features");
        RuleFor(t => t.Terms.GraceFeatures).Must((t, only) => only is null || only.All(key => t.Terms.Features.Any(f => f.Key == key)))
            .WithMessage("Keys of features of this tier.").OverridePropertyName("grace_features");
    }

    private static bool Fits(TierFeature feature) => feature.Type switch
    {
        "boolean" => feature.Value is "true" or "false",
        "number" => Number().IsMatch(feature.Value),
        "text" => feature.Value.Length is > 0 and <= 200 && !feature.Value.Contains('\0', StringComparison.Ordinal),
        _ => false,
    };

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,49}\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Key();

    [GeneratedRegex(@"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();
}

internal sealed class TierEntitlementHandler(IDbContextFactory<IdentityContext> contexts, UnitOfWork work)
    : IRequestHandler<ReadTierEntitlement, TierEntitlement>, IRequestHandler<SetTierEntitlement, TierEntitlement>
{
    public async Task<TierEntitlement> Handle(ReadTierEntitlement query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await ReadAsync(db, query.TierId, cancellationToken);
    }

    public async Task<TierEntitlement> Handle(SetTierEntitlement command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            INSERT INTO identity_tiers (tier_id) VALUES (@TierId) ON CONFLICT DO NOTHING;
            SELECT FROM identity_tiers WHERE tier_id = @TierId FOR UPDATE
            """, command, cancellationToken: cancellationToken));
        var db = await work.ContextAsync<IdentityContext>(cancellationToken);
        var before = await ReadAsync(db, command.TierId, cancellationToken);
        var (rank, graceDays, features, graceFeatures) = command.Terms;
        await connection.ExecuteAsync(new CommandDefinition("""
            UPDATE identity_tiers SET rank = @rank, grace_days = @graceDays, grace_features = @graceFeatures WHERE tier_id = @TierId;
            DELETE FROM identity_tier_features WHERE tier_id = @TierId AND key <> ALL (@keys);
            INSERT INTO identity_tier_features (tier_id, key, type, value) SELECT @TierId, f.* FROM unnest(@keys, @types, @values) AS f
            ON CONFLICT (tier_id, key) DO UPDATE SET type = excluded.type, value = excluded.value
            """,
            new
            {
                command.TierId, rank, graceDays, graceFeatures = graceFeatures?.Distinct().Order(StringComparer.Ordinal).ToArray(),
                keys = features.Select(f => f.Key).ToArray(), types = features.Select(f => f.Type).ToArray(), values = features.Select(f => f.Value).ToArray(),
            },
            cancellationToken: cancellationToken));
        var after = await ReadAsync(db, command.TierId, cancellationToken);
        work.Record(new AuditEntry("admin.tier_entitlement.update", "tier", command.TierId, command.Cause) { Metadata = new { before, after } });
        return after;
    }

    private static async Task<TierEntitlement> ReadAsync(IdentityContext db, string tierId, CancellationToken cancellationToken)
    {
        var policy = await db.Tiers.Include(t => t.Features.OrderBy(f => f.Key)).SingleOrDefaultAsync(t => t.TierId == tierId, cancellationToken)
            ?? new TierPolicy { TierId = tierId };
        return new TierEntitlement(tierId, policy.Rank, policy.GraceDays, policy.Features, policy.GraceFeatures);
    }
}

/// <summary>A tier's entitlement, as its row has it.</summary>
internal sealed record TierPolicy
{
    public required string TierId { get; init; }
    public int Rank { get; init; } = 1;
    public int GraceDays { get; init; } = 7;
    public string[]? GraceFeatures { get; init; }
    public List<TierFeature> Features { get; init; } = [];
}

internal sealed class TierPolicyConfiguration : IEntityTypeConfiguration<TierPolicy>
{
    public void Configure(EntityTypeBuilder<TierPolicy> tier)
    {
        tier.ToTable("identity_tiers");
        tier.HasKey(t => t.TierId);
        tier.HasMany(t => t.Features).WithOne().HasForeignKey("TierId");
    }
}
