using System.Collections.Concurrent;
using BillingMonolith.SharedKernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Notifications;

/// <summary>
/// Sends one kind of delivery from the outbox; a delivery that another host repeats has the same id. Each kind has its own worker, so that a dead mail server
/// delays no webhook.
/// </summary>
internal abstract class OutboxWorker(
    string kind, OutboxQueue queue, IServiceScopeFactory scopes, IOptions<InboxOptions> options, TimeProvider time, ILogger log)
    : ClaimingWorker($"The outbox ({kind})", options, log)
{
    public const string Channel = "outbox";
    private readonly WakeUp wakeUp = new();
    private readonly ConcurrentDictionary<Guid, Guid?> sending = new(); // and the endpoint

    protected TimeProvider Time => time;

    /// <summary>There is something to do.</summary>
    public void Notify() => wakeUp.Notify();

    public override void Dispose()
    {
        wakeUp.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Sends it. An exception is a failure, and it is sent again.</summary>
    protected abstract Task<Delivery> SendAsync(IServiceProvider services, OutboxItem item, CancellationToken cancellationToken);

    /// <summary>The time of the next attempt; null = there were enough.</summary>
    protected abstract TimeSpan? Again(OutboxItem item, Delivery.Failed failed);

    /// <summary>Writes additional rows with the end of an attempt, in its transaction.</summary>
    protected virtual Task RecordAsync(IServiceProvider services, OutboxItem item, Delivery delivery) => Task.CompletedTask;

    protected override async Task<bool> ClaimAsync(int free, CancellationToken stopping)
    {
        var busy = sending.Values.OfType<Guid>().CountBy(e => e).Where(e => e.Value >= OutboxQueue.PerEndpoint).Select(e => e.Key).ToList();
        var claimed = await queue.ClaimAsync(kind, free, busy);
        foreach (var item in claimed)
        {
            sending[item.Id] = item.EndpointId;
            _ = Begin(limit => RunAsync(item, limit));
        }

        return claimed.Count > 0;
    }

    protected override async Task UntilDueAsync(CancellationToken stopping)
    {
        var poll = TimeSpan.FromSeconds(Options.PollSeconds);
        var due = await queue.UntilNextAsync(kind, stopping) ?? poll;
        if (!sending.IsEmpty && due < TimeSpan.FromMilliseconds(50)) due = TimeSpan.FromMilliseconds(50); // due, and its endpoint is busy
        await wakeUp.WaitAsync(due < poll ? due + TimeSpan.FromMilliseconds(5) : poll, stopping);
    }

    private async Task RunAsync(OutboxItem item, CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var delivery = await TryAsync(scope.ServiceProvider, item, cancellationToken);
            await EndAsync(scope.ServiceProvider, item, delivery);
        }
        catch (Exception e)
        {
            Log.LogWarning("How {Kind} {Id} went could not be recorded ({Reason}); its lease will run out", kind, item.Id, e.Message);
        }
        finally
        {
            sending.TryRemove(item.Id, out _);
            Notify(); // when the next due time must be computed anew
        }
    }

    private async Task<Delivery> TryAsync(IServiceProvider services, OutboxItem item, CancellationToken cancellationToken)
    {
        try
        {
            return await SendAsync(services, item, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new Delivery.Failed("The other side did not answer in time.");
        }
        catch (Exception e)
        {
            return new Delivery.Failed($"{e.GetType().Name}: {e.Message}");
        }
    }

    private async Task EndAsync(IServiceProvider services, OutboxItem item, Delivery delivery)
    {
        var again = delivery is Delivery.Failed failed ? Again(item, failed) : null;
        var work = services.GetRequiredService<UnitOfWork>();
        var connection = await work.OpenAsync(CancellationToken.None);
        if (!await OutboxQueue.EndAsync(connection, item, delivery, again, CancellationToken.None))
        {
            Log.LogWarning("{Kind} {Id} was claimed by another host before its end was known; that one goes on", kind, item.Id);
            return;
        }

        if (delivery is not Delivery.Sent && again is null) Park(work, item, delivery);
        else if (again is { } delay)
            Log.LogWarning("{Kind} {Id} was not sent (try {Try}), again in {Delay:0.0} s: {Reason}",
                kind, item.Id, item.Try, delay.TotalSeconds, delivery.Error);
        await RecordAsync(services, item, delivery);
        await work.CommitAsync(CancellationToken.None);
    }

    private void Park(UnitOfWork work, OutboxItem item, Delivery delivery)
    {
        if (delivery is Delivery.Refused { IsQuiet: true }) return;
        Log.LogError("{Kind} {Id} is parked after {Try} tries: {Reason}", kind, item.Id, item.Try, delivery.Error);
        work.Record(new AuditEntry("outbox.parked", kind, item.Id.ToString(), item.Cause)
        {
            Result = AuditResult.Failure,
            ErrorMessage = delivery.Error,
            Metadata = new { key = item.Key, tries = item.Try, endpoint = item.EndpointId },
        });
    }
}
