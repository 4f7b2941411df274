using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Notifications;

/// <summary>Reads endpoints, the latest first.</summary>
/// <param name="Limit">At most so many.</param>
/// <param name="After">The end of the previous page.</param>
public sealed record ReadEndpoints(int Limit, OutboxPosition? After) : IRequest<EndpointPage>;

/// <summary>A page of endpoints.</summary>
public sealed record EndpointPage(IReadOnlyList<WebhookEndpoint> Endpoints, bool HasMore)
{
    /// <summary>The cursor of the next page; null on the last one.</summary>
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

internal sealed class ReadEndpointsHandler(IDbContextFactory<NotificationsContext> contexts) : IRequestHandler<ReadEndpoints, EndpointPage>
{
    public async Task<EndpointPage> Handle(ReadEndpoints query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var endpoints = db.Endpoints.Where(e => e.DeletedAt == null);
        if (query.After is { } after)
            endpoints = endpoints.Where(e => EF.Functions.LessThan(ValueTuple.Create(e.CreatedAt, e.Id), ValueTuple.Create(after.CreatedAt, after.Id)));
        var rows = await endpoints.OrderByDescending(e => e.CreatedAt).ThenByDescending(e => e.Id).Take(query.Limit + 1)
            .Select(e => new { Endpoint = e, Now = NotificationsContext.Now() }).ToListAsync(cancellationToken);
        return new EndpointPage([.. rows.Take(query.Limit).Select(r => r.Endpoint.At(r.Now))], rows.Count > query.Limit);
    }
}
