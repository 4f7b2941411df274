using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Identity;

/// <summary>Reads the ids of subscriptions whose record here says that they have not ended, by id.</summary>
/// <param name="Limit">1 to 1000.</param>
/// <param name="After">The last id of the page before; null = from the first.</param>
public sealed record ReadOpenTiers(int Limit, string? After) : IRequest<IReadOnlyList<string>>;

internal sealed class ReadOpenTiersValidator : AbstractValidator<ReadOpenTiers>
{
    public ReadOpenTiersValidator() => RuleFor(q => q.Limit).InclusiveBetween(1, 1000).WithMessage("1 to 1000.");
}

internal sealed class ReadOpenTiersHandler(IDbContextFactory<IdentityContext> contexts) : IRequestHandler<ReadOpenTiers, IReadOnlyList<string>>
{
    public async Task<IReadOnlyList<string>> Handle(ReadOpenTiers query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var ids = db.Subscriptions.Where(s => s.Status != "canceled" && s.Status != "incomplete_expired").Select(s => s.SubscriptionId);
        if (query.After is not null) ids = ids.Where(id => string.Compare(id, query.After) > 0);
        return await ids.Order().Take(query.Limit).ToListAsync(cancellationToken);
    }
}
