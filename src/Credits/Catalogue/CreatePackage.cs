using FluentValidation;
using MediatR;

namespace BillingMonolith.Credits;

/// <summary>Adds a package to the catalogue.</summary>
/// <param name="Cause">The request, for the audit log.</param>
/// <param name="Package">The terms of the package.</param>
public sealed record CreatePackage(string Cause, NewPackage Package) : IRequest<CreditPackage>;

internal sealed class CreatePackageValidator : AbstractValidator<CreatePackage>
{
    private static readonly PackageTermsValidator Terms = new();

    public CreatePackageValidator()
    {
        RuleFor(c => c.Package.PackageCode).Matches(@"^[a-z0-9][a-z0-9_-]{0,49}\z").OverridePropertyName(nameof(NewPackage.PackageCode))
            .WithMessage("1 to 50 of a-z, 0-9, _ and -, beginning with a letter or digit.");
        RuleFor(c => c.Package).Custom((package, context) => Terms.Validate(package).Errors.ForEach(context.AddFailure));
    }
}

internal sealed class CreatePackageHandler(PackageRows rows) : IRequestHandler<CreatePackage, CreditPackage>
{
    public async Task<CreditPackage> Handle(CreatePackage command, CancellationToken cancellationToken)
    {
        await rows.InsertAsync(command.Package, cancellationToken);
        return await rows.DoneAsync("create", command.Cause, command.Package.PackageCode, before: null, cancellationToken);
    }
}
