using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Billing;

/// <summary>Takes a tier off sale. It stays, and so do its subscribers.</summary>
/// <param name="Cause">The request, for the audit log.</param>
/// <param name="TierId">The tier.</param>
public sealed record DeactivateTier(string Cause, string TierId) : IRequest<Tier>;

internal sealed class DeactivateTierHandler(TierRows rows, UnitOfWork work) : IRequestHandler<DeactivateTier, Tier>
{
    public async Task<Tier> Handle(DeactivateTier command, CancellationToken cancellationToken)
    {
        var before = await rows.LockAsync(command.TierId, cancellationToken);
        if (!before.IsActive) return before;
        var db = await work.ContextAsync<BillingContext>(cancellationToken);
        await db.Tiers.Where(t => t.Id == command.TierId).ExecuteUpdateAsync(t => t.SetProperty(x => x.IsActive, false), cancellationToken);
        return await rows.DoneAsync("deactivate", command.Cause, command.TierId, before, cancellationToken);
    }
}
