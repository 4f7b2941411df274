using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Credits;

/// <summary>Takes a package off sale. It stays, because purchases name it.</summary>
/// <param name="Cause">The request, for the audit log.</param>
/// <param name="PackageCode">The package.</param>
public sealed record DeactivatePackage(string Cause, string PackageCode) : IRequest<CreditPackage>;

internal sealed class DeactivatePackageHandler(PackageRows rows, UnitOfWork work) : IRequestHandler<DeactivatePackage, CreditPackage>
{
    public async Task<CreditPackage> Handle(DeactivatePackage command, CancellationToken cancellationToken)
    {
        var before = await rows.LockAsync(command.PackageCode, cancellationToken);
        if (!before.IsActive) return before;
        var db = await work.ContextAsync<CreditsContext>(cancellationToken);
        await db.Packages.Where(p => p.PackageCode == command.PackageCode)
            .ExecuteUpdateAsync(p => p.SetProperty(x => x.IsActive, false), cancellationToken);
        return await rows.DoneAsync("deactivate", command.Cause, command.PackageCode, before, cancellationToken);
    }
}
