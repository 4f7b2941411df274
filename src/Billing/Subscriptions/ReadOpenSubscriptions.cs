using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Billing;

/// <summary>Reads the ids of subscriptions that, as far as we know, have not ended or ended lately, by id.</summary>
/// <param name="EndedSince">Those that ended before are left out.</param>
/// <param name="Limit">1 to 1000.</param>
/// <param name="After">The last id of the page before; null = from the first.</param>
public sealed record ReadOpenSubscriptions(DateTimeOffset EndedSince, int Limit, string? After) : IRequest<IReadOnlyList<string>>;

internal sealed class ReadOpenSubscriptionsValidator : AbstractValidator<ReadOpenSubscriptions>
{
    public ReadOpenSubscriptionsValidator() => RuleFor(q => q.Limit).InclusiveBetween(1, 1000).WithMessage("1 to 1000.");
}

internal sealed class ReadOpenSubscriptionsHandler(IDbContextFactory<BillingContext> contexts) : IRequestHandler<ReadOpenSubscriptions, IReadOnlyList<string>>
{
    public async Task<IReadOnlyList<string>> Handle(ReadOpenSubscriptions query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var ids = db.Subscriptions.Where(s => s.EndedAt == null || s.EndedAt >= query.EndedSince.ToUniversalTime()).Select(s => s.SubscriptionId);
        if (query.After is not null) ids = ids.Where(id => string.Compare(id, query.After) > 0);
        return await ids.Order().Take(query.Limit).ToListAsync(cancellationToken);
    }
}
