using BillingMonolith.Credits;
using BillingMonolith.SharedKernel;
using MediatR;
using Npgsql;

namespace BillingMonolith.Host.Jobs;

/// <summary>
/// Ends expired credits and reservations, every minute or so. Every host does it: the user's account in the database is the lock, and
/// a second host finds nothing left to end. The database's clock decides.
/// </summary>
internal sealed class Expiry(IServiceScopeFactory scopes, TimeProvider time, Random random, ILogger<Expiry> log)
    : Sweep("The end of credits", time, random, log)
{
    private const string Cause = "expiry";

    /// <summary>Ends everything that is due. A failure for one user does not stop the others, and is retried a minute later.</summary>
    public override async Task SweepAsync(CancellationToken cancellationToken)
    {
        var failed = new HashSet<string>(StringComparer.Ordinal);
        while (await SendAsync(new FindDueCredits(failed), cancellationToken) is { Count: > 0 } users)
        {
            foreach (var user in users)
            {
                try
                {
                    await SendAsync(new EndDueCredits(Cause, user), cancellationToken);
                }
                catch (PostgresException e)
                {
                    failed.Add(user);
                    Log.LogError("Credits of user {UserId} have ended and could not be taken; it is tried again in a minute: {Reason}", user, e.MessageText);
                }
            }
        }
    }

    protected override TimeSpan Every => TimeSpan.FromMinutes(1);

    private async Task<T> SendAsync<T>(IRequest<T> command, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(command, cancellationToken);
    }
}
