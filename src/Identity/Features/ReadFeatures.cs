using System.Text.Json;
using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Identity;

/// <summary>A feature of some tier, and whether this user has it.</summary>
/// <param name="Key">The key that programs use: `api_access`.</param>
/// <param name="Enabled">Whether the user may use it now.</param>
/// <param name="Metadata">`type` is `boolean`, `number` or `text`; `value` is text, such as `10`, and null when the user's plan does not give it.</param>
public sealed record Feature(string Key, bool Enabled, IReadOnlyDictionary<string, string?> Metadata);

/// <summary>A user's features.</summary>
/// <param name="Features">All features of any tier, by key; also those that the user lacks.</param>
/// <param name="PlanId">The tier that counts.</param>
/// <param name="BillingPeriod"><c>monthly</c> or <c>yearly</c>; null without a subscription that counts.</param>
/// <param name="Lasts">The time after which it changes by itself (the end of grace); null = never.</param>
public sealed record UserFeatures(IReadOnlyList<Feature> Features, string PlanId, string? BillingPeriod, TimeSpan? Lasts);

/// <summary>Reads a user's features, in one statement, so that they are consistent.</summary>
/// <param name="UserId">The Keycloak user id; a user who never subscribed has the free features.</param>
public sealed record ReadFeatures(string UserId) : IRequest<UserFeatures>;

internal sealed class ReadFeaturesValidator : AbstractValidator<ReadFeatures>
{
    public ReadFeaturesValidator() => RuleFor(f => f.UserId).NotEmpty().MaximumLength(64).WithMessage("A Keycloak user id of at most 64 characters.");
}

internal sealed class ReadFeaturesHandler(NpgsqlDataSource database) : IRequestHandler<ReadFeatures, UserFeatures>
{
    public async Task<UserFeatures> Handle(ReadFeatures query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var row = await connection.QuerySingleAsync<Row>(new CommandDefinition("""
            SELECT e.tier_id AS TierId, e.standing AS Standing, e.billing_cycle AS BillingCycle,
                   extract(epoch FROM e.changes_at - billing_now())::float8 AS SecondsLeft, t.grace_features AS GraceFeatures,
                   coalesce((SELECT json_agg(json_build_object('Key', k.key, 'Type', coalesce(own.type, k.type), 'Value', own.value) ORDER BY k.key)
                             FROM (SELECT DISTINCT ON (key) key, type FROM identity_tier_features ORDER BY key, tier_id) k
                             LEFT JOIN identity_tier_features own ON own.tier_id = e.tier_id AND own.key = k.key), '[]')::text AS Features
            FROM identity_entitlement(@UserId) e LEFT JOIN identity_tiers t ON t.tier_id = e.tier_id
            """, query, cancellationToken: cancellationToken));
        var isGrace = row.Standing == "grace";
        return new UserFeatures(
            [.. JsonSerializer.Deserialize<Offer[]>(row.Features)!.Select(o => Judge(o, isGrace ? row.GraceFeatures : null))],
            row.TierId, row.Standing == "none" ? null : row.BillingCycle, row.SecondsLeft is { } left ? TimeSpan.FromSeconds(left) : null);
    }

    /// <param name="offer">The features of the user's tier; one without a value gives nothing.</param>
    /// <param name="only">The features that stay on during grace; null = all.</param>
    internal static Feature Judge(Offer offer, IReadOnlyCollection<string>? only) =>
        new(offer.Key, offer.Value is not null && (offer.Type != "boolean" || offer.Value == "true") && only?.Contains(offer.Key) is not false,
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["type"] = offer.Type, ["value"] = offer.Value });

    internal sealed record Offer(string Key, string Type, string? Value);

    private sealed record Row
    {
        public required string TierId { get; init; }
        public required string Standing { get; init; }
        public string? BillingCycle { get; init; }
        public double? SecondsLeft { get; init; }
        public string[]? GraceFeatures { get; init; }
        public required string Features { get; init; }
    }
}
