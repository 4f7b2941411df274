using BillingMonolith.SharedKernel;
using FluentValidation;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace BillingMonolith.Inbox;

/// <summary>Handles a step whose command threw: it is retried later or, after enough attempts, parked. It is never dropped.</summary>
internal sealed class Failures(StepQueue queue, StepRunner runner, InboxWakeUp wakeUp, Backoff backoff, ILogger<Failures> log)
{
    /// <summary>Never throws: if this cannot be written either (the database is down), the lease expires by itself.</summary>
    public async Task HandleAsync(StepLease lease, Exception failure, bool isStopping)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            if (failure is LeaseLostException)
            {
                log.LogWarning("{Reason} Its new owner goes on", failure.Message);
            }
            else if (isStopping && failure is OperationCanceledException)
            {
                await queue.RetryAsync(lease, TimeSpan.Zero, error: null, limit.Token);
            }
            else if (Refusal(failure) is { } reason)
            {
                await runner.EndAsync([(lease, new Outcome.Parked(reason))], limit.Token);
            }
            else if (backoff.IsSpent(lease.Attempt))
            {
                log.LogError(failure, "Step {Command} of {EventId} is parked after {Attempt} tries", lease.Command, lease.EventId, lease.Attempt);
                await runner.EndAsync([(lease, new Outcome.Parked(failure is NewerHostNeededException
                    ? NewerSteps.Reason : $"Gave up after {lease.Attempt} tries. Last: {Message(failure)}"))], limit.Token);
            }
            else if (failure is NewerHostNeededException)
            {
                await queue.RetryAsync(lease, NewerSteps.Again, failure.Message, limit.Token);
            }
            else
            {
                var delay = backoff.Delay(lease.Attempt, failure);
                log.LogWarning("Step {Command} of {EventId} failed (try {Attempt}), again in {Delay:0.0} s: {Reason}",
                    lease.Command, lease.EventId, lease.Attempt, delay.TotalSeconds, Message(failure));
                await queue.RetryAsync(lease, delay, Message(failure), limit.Token);
                wakeUp.NotifyAll(); // a lane that waits for a later step must recompute when the next one is due
            }
        }
        catch (Exception e)
        {
            log.LogWarning("The failure of step {Command} of {EventId} could not be recorded ({Reason}); its lease will run out",
                lease.Command, lease.EventId, e.Message);
        }
    }

    // A refusal by a validator or the database (a NUL in a text, a violated constraint) is permanent: a person has to look.
    private static string? Refusal(Exception failure) => failure switch
    {
        ValidationException refused => Validation.Reason(refused.Errors),
        PostgresException { SqlState: ['2', '2' or '3', ..] } refused =>
            $"The database refuses what the event says: {refused.MessageText} ({refused.SqlState})",
        _ => null,
    };

    private static string Message(Exception failure)
    {
        var text = $"{failure.GetType().Name}: {failure.Message}";
        return text.Length > 2000 ? text[..2000] : text;
    }
}
