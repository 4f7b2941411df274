using System.Net;
using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Billing;

/// <summary>Adds a tier to the catalogue.</summary>
/// <param name="Cause">The request, for the audit log.</param>
/// <param name="Tier">The terms of the tier.</param>
public sealed record CreateTier(string Cause, NewTier Tier) : IRequest<Tier>;

internal sealed class CreateTierValidator : AbstractValidator<CreateTier>
{
    private static readonly TierTermsValidator Terms = new();

    public CreateTierValidator()
    {
        RuleFor(c => c.Tier.TierId).Matches(@"^[a-z0-9][a-z0-9-]{0,49}\z").OverridePropertyName(nameof(NewTier.TierId))
            .WithMessage("1 to 50 of a-z, 0-9 and -, beginning with a letter or digit.");
        RuleFor(c => c.Tier).Custom((tier, context) => Terms.Validate(tier).Errors.ForEach(context.AddFailure));
    }
}

internal sealed class CreateTierHandler(TierRows rows) : IRequestHandler<CreateTier, Tier>
{
    public async Task<Tier> Handle(CreateTier command, CancellationToken cancellationToken)
    {
        TierPrices.RequireDefault(command.Tier);
        await rows.InsertAsync(command.Tier, cancellationToken);
        return await rows.DoneAsync("create", command.Cause, command.Tier.TierId, before: null, cancellationToken);
    }
}

internal static class TierPrices
{
    /// <summary>A cycle is sold in the tier's currency: without a price in it, its other prices could not be bought either.</summary>
    public static void RequireDefault(TierTerms terms)
    {
        foreach (var cycle in terms.Prices.GroupBy(p => p.Cycle).Where(c => c.All(p => p.Currency != terms.Currency)))
        {
            throw new RefusalException(HttpStatusCode.UnprocessableEntity, "no-default-price",
                $"The default currency is {terms.Currency}, and none of the {cycle.Key} prices is in {terms.Currency}. Add one, or name another currency.");
        }
    }
}
