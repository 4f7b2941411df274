using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Identity;

/// <summary>Reads the ids of subscriptions that have not ended by our records, by id.</summary>
/// <param name="Limit">1 to 1000.</param>
/// <param name="After">The last id of the page before; null = from the first.</param>
public sealed record ReadOpenTiers(int Limit, string? After) : IRequest<IReadOnlyList<string>>;

internal sealed class ReadOpenTiersValidator : AbstractValidator<ReadOpenTiers>
{
    public ReadOpenTiersValidator() => RuleFor(q => q.Limit).InclusiveBetween(1, 1000).WithMessage("1 to 1000.");
}

internal sealed class ReadOpenTiersHandler(NpgsqlDataSource database) : IRequestHandler<ReadOpenTiers, IReadOnlyList<string>>
{
    public async Task<IReadOnlyList<string>> Handle(ReadOpenTiers query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<string>(new CommandDefinition("""
            SELECT subscription_id FROM identity_subscriptions
            WHERE status NOT IN ('canceled', 'incomplete_expired') AND (@After::text IS NULL OR subscription_id > @After)
            ORDER BY subscription_id LIMIT @Limit
            """, query, cancellationToken: cancellationToken))).AsList();
    }
}
