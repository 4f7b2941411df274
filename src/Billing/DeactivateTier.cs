using BillingMonolith.Audit;
using Dapper;
using MediatR;

namespace BillingMonolith.Billing;

/// <summary>Takes a tier off sale. It stays, and so do its subscribers.</summary>
/// <param name="Cause">The request, for the audit log.</param>
/// <param name="TierId">Which tier.</param>
public sealed record DeactivateTier(string Cause, string TierId) : IRequest<Tier>;

internal sealed class DeactivateTierHandler(TierRows rows, UnitOfWork work) : IRequestHandler<DeactivateTier, Tier>
{
    public async Task<Tier> Handle(DeactivateTier command, CancellationToken cancellationToken)
    {
        var before = await rows.LockAsync(command.TierId, cancellationToken);
        if (!before.IsActive) return before;
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "UPDATE billing_tiers SET active = false WHERE id = @TierId", command, cancellationToken: cancellationToken));
        return await rows.DoneAsync("deactivate", command.Cause, command.TierId, before, cancellationToken);
    }
}
