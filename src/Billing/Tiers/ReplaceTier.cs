using System.Net;
using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Billing;

/// <summary>Replaces a tier's terms. Present subscribers keep paying the price that they agreed to.</summary>
/// <param name="Cause">The request, for the audit log.</param>
/// <param name="TierId">The tier; its id stays.</param>
/// <param name="Revision">The revision that the new terms were made from; null = any revision.</param>
/// <param name="Terms">The new terms.</param>
public sealed record ReplaceTier(string Cause, string TierId, long? Revision, TierTerms Terms) : IRequest<Tier>;

internal sealed class ReplaceTierValidator : AbstractValidator<ReplaceTier>
{
    private static readonly TierTermsValidator Terms = new();

    public ReplaceTierValidator() => RuleFor(c => c.Terms).Custom((terms, context) => Terms.Validate(terms).Errors.ForEach(context.AddFailure));
}

internal sealed class ReplaceTierHandler(TierRows rows) : IRequestHandler<ReplaceTier, Tier>
{
    public async Task<Tier> Handle(ReplaceTier command, CancellationToken cancellationToken)
    {
        TierPrices.RequireDefault(command.Terms);
        var before = await rows.LockAsync(command.TierId, cancellationToken);
        if (command.Revision is { } revision && revision != before.Revision)
            throw new RefusalException(HttpStatusCode.PreconditionFailed, "changed-meanwhile",
                $"Somebody else changed tier '{command.TierId}' since you read it. Read it again, then change it.");
        await rows.ReplaceAsync(before, command.Terms, cancellationToken);
        return await rows.DoneAsync("update", command.Cause, command.TierId, before, cancellationToken);
    }
}
