using BillingMonolith.SharedKernel;
using Dapper;
using MediatR;

namespace BillingMonolith.Credits;

/// <summary>Turns automatic top-up off. A top-up whose payment has begun still runs to its end.</summary>
/// <param name="Cause">The request.</param>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record DropAutoTopUp(string Cause, string UserId) : IRequest;

internal sealed class DropAutoTopUpHandler(UnitOfWork work) : IRequestHandler<DropAutoTopUp>
{
    public async Task<Unit> Handle(DropAutoTopUp command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var removed = await connection.ExecuteAsync(new CommandDefinition(
            "DELETE FROM credit_auto_top_ups WHERE user_id = @UserId", command, cancellationToken: cancellationToken));
        if (removed > 0) work.Record(new AuditEntry("credit.auto_topup.disable", "auto_topup", command.UserId, command.Cause) { UserId = command.UserId });
        return Unit.Value;
    }
}
