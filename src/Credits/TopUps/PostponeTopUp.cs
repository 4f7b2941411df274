using BillingMonolith.SharedKernel;
using Dapper;
using MediatR;

namespace BillingMonolith.Credits;

/// <summary>Postpones a payment whose outcome is not known yet. Does nothing when another worker has claimed it since.</summary>
/// <param name="PurchaseId">The purchase.</param>
/// <param name="Attempt">The fence.</param>
/// <param name="Delay">The length of the delay.</param>
/// <param name="Error">The reason.</param>
public sealed record PostponeTopUp(Guid PurchaseId, int Attempt, TimeSpan Delay, string Error) : IRequest;

internal sealed class PostponeTopUpHandler(UnitOfWork work) : IRequestHandler<PostponeTopUp>
{
    public async Task<Unit> Handle(PostponeTopUp command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            UPDATE credit_top_ups SET next_attempt_at = clock_timestamp() + @Delay, last_error = left(@Error, 2000)
            WHERE purchase_id = @PurchaseId AND attempts = @Attempt
            """, command, cancellationToken: cancellationToken));
        return Unit.Value;
    }
}
