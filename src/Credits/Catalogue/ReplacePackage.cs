using System.Net;
using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Credits;

/// <summary>Replaces a package's terms. A purchase keeps the terms under which it was made.</summary>
/// <param name="Cause">The request, for the audit log.</param>
/// <param name="PackageCode">The package; its code stays.</param>
/// <param name="Revision">The revision that the new terms were made from; null = any revision.</param>
/// <param name="Terms">The new terms.</param>
public sealed record ReplacePackage(string Cause, string PackageCode, long? Revision, PackageTerms Terms) : IRequest<CreditPackage>;

internal sealed class ReplacePackageValidator : AbstractValidator<ReplacePackage>
{
    private static readonly PackageTermsValidator Terms = new();

    public ReplacePackageValidator() => RuleFor(c => c.Terms).Custom((terms, context) => Terms.Validate(terms).Errors.ForEach(context.AddFailure));
}

internal sealed class ReplacePackageHandler(PackageRows rows) : IRequestHandler<ReplacePackage, CreditPackage>
{
    public async Task<CreditPackage> Handle(ReplacePackage command, CancellationToken cancellationToken)
    {
        var before = await rows.LockAsync(command.PackageCode, cancellationToken);
        if (command.Revision is { } revision && revision != before.Revision)
            throw new RefusalException(HttpStatusCode.PreconditionFailed, "changed-meanwhile",
                $"Somebody else changed package '{command.PackageCode}' since you read it. Read it again, then change it.");
        await rows.ReplaceAsync(before, command.Terms, cancellationToken);
        return await rows.DoneAsync("update", command.Cause, command.PackageCode, before, cancellationToken);
    }
}
