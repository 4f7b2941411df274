using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Credits;

/// <summary>A user's own purchases, the newest first.</summary>
/// <param name="UserId">The Keycloak user id.</param>
/// <param name="Limit">At most so many, 1 to 200.</param>
/// <param name="Offset">How many to skip; better: the position.</param>
/// <param name="After">The end of the previous page.</param>
public sealed record ReadHistory(string UserId, int Limit, int Offset, PurchasePosition? After) : IRequest<PurchasePage>;

internal sealed class ReadHistoryValidator : AbstractValidator<ReadHistory>
{
    public ReadHistoryValidator()
    {
        RuleFor(q => q.Limit).InclusiveBetween(1, 200).WithMessage("1 to 200.");
        RuleFor(q => q.Offset).InclusiveBetween(0, PurchasePage.DeepestOffset).WithMessage("0 to 100000; beyond that, follow the cursor.");
        RuleFor(q => q.After!.CreatedAt.Kind).Equal(DateTimeKind.Utc).When(q => q.After is not null).OverridePropertyName("cursor");
    }
}

internal sealed class ReadHistoryHandler(IDbContextFactory<CreditsContext> contexts) : IRequestHandler<ReadHistory, PurchasePage>
{
    public async Task<PurchasePage> Handle(ReadHistory query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await PurchaseReader.ReadAsync(
            db, new PageSql("credit_purchases"), [$"user_id = {query.UserId}"], query.After, query.Offset, query.Limit, cancellationToken);
    }
}
