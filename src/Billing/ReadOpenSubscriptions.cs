using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Billing;

/// <summary>Reads the ids of subscriptions that have not ended as far as we know, or did so lately, by id.</summary>
/// <param name="EndedSince">Those that ended before are left out.</param>
/// <param name="Limit">1 to 1000.</param>
/// <param name="After">The last id of the page before; null = from the first.</param>
public sealed record ReadOpenSubscriptions(DateTimeOffset EndedSince, int Limit, string? After) : IRequest<IReadOnlyList<string>>;

internal sealed class ReadOpenSubscriptionsValidator : AbstractValidator<ReadOpenSubscriptions>
{
    public ReadOpenSubscriptionsValidator() => RuleFor(q => q.Limit).InclusiveBetween(1, 1000).WithMessage("1 to 1000.");
}

internal sealed class ReadOpenSubscriptionsHandler(NpgsqlDataSource database) : IRequestHandler<ReadOpenSubscriptions, IReadOnlyList<string>>
{
    public async Task<IReadOnlyList<string>> Handle(ReadOpenSubscriptions query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<string>(new CommandDefinition("""
            SELECT subscription_id FROM billing_subscriptions
            WHERE (ended_at IS NULL OR ended_at >= @EndedSince) AND (@After::text IS NULL OR subscription_id > @After)
            ORDER BY subscription_id LIMIT @Limit
            """, new { EndedSince = query.EndedSince.UtcDateTime, query.Limit, query.After }, cancellationToken: cancellationToken))).AsList();
    }
}
