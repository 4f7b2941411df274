using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Host.Outbox;

/// <summary>Reads endpoints, the latest first.</summary>
/// <param name="Limit">At most so many.</param>
/// <param name="After">Where the page before ended.</param>
internal sealed record ReadEndpoints(int Limit, OutboxPosition? After) : IRequest<EndpointPage>;

/// <summary>Some endpoints.</summary>
internal sealed record EndpointPage(IReadOnlyList<WebhookEndpoint> Endpoints, bool HasMore)
{
    public OutboxPosition? Next => HasMore ? new OutboxPosition(Endpoints[^1].CreatedAt, Endpoints[^1].Id) : null;
}

internal sealed class ReadEndpointsValidator : AbstractValidator<ReadEndpoints>
{
    public ReadEndpointsValidator()
    {
        RuleFor(q => q.Limit).InclusiveBetween(1, 200).WithMessage("1 to 200.");
        RuleFor(q => q.After!.CreatedAt.Kind).Equal(DateTimeKind.Utc).When(q => q.After is not null).OverridePropertyName("cursor");
    }
}

internal sealed class ReadEndpointsHandler(NpgsqlDataSource database) : IRequestHandler<ReadEndpoints, EndpointPage>
{
    public async Task<EndpointPage> Handle(ReadEndpoints query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = (await connection.QueryAsync<WebhookEndpoint>(new CommandDefinition($"""
            SELECT {WebhookEndpoint.Columns} FROM webhook_endpoints
            WHERE deleted_at IS NULL {(query.After is null ? "" : "AND (created_at, id) < (@CreatedAt, @Id)")} ORDER BY created_at DESC, id DESC LIMIT @Take
            """, new { query.After?.CreatedAt, query.After?.Id, Take = query.Limit + 1 }, cancellationToken: cancellationToken))).AsList();
        return new EndpointPage([.. rows.Take(query.Limit)], rows.Count > query.Limit);
    }
}
