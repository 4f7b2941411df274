using System.Collections.Concurrent;
using BillingMonolith.Audit;
using BillingMonolith.Host.Inbox;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Outbox;

/// <summary>
/// Sends one kind of what stands in the outbox. Any host may die at any point: its lease runs out, and another one sends it again under the same id. A
/// kind has its own worker, so that a dead mail server delays no webhook.
/// </summary>
internal abstract class OutboxWorker(
    string kind, OutboxQueue queue, IServiceScopeFactory scopes, IOptions<InboxOptions> options, TimeProvider time, ILogger log) : BackgroundService
{
    public const string Channel = "outbox";
    private readonly SemaphoreSlim bell = new(0);
    private readonly ConcurrentDictionary<Task, Guid?> running = new();
    private readonly CancellationTokenSource drained = new();

    protected TimeProvider Time => time;

    /// <summary>There is something to do.</summary>
    public void Ring()
    {
        if (bell.CurrentCount == 0) bell.Release();
    }

    public override void Dispose()
    {
        bell.Dispose();
        drained.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>How many at once; 0 = none.</summary>
    protected abstract int AtOnce { get; }

    /// <summary>Sends it. What it throws is a failure, and it is sent again.</summary>
    protected abstract Task<Delivery> SendAsync(IServiceProvider services, OutboxItem item, CancellationToken cancellationToken);

    /// <summary>When to try again; null = it was tried often enough.</summary>
    protected abstract TimeSpan? Again(OutboxItem item, Delivery.Failed failed);

    /// <summary>What else is to be written with the end of a try, in its transaction.</summary>
    protected virtual Task RecordAsync(IServiceProvider services, OutboxItem item, Delivery delivery) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (AtOnce == 0 || options.Value.RemoteEvents == 0) return; // a host that leaves calls to others
        using var slots = new SemaphoreSlim(AtOnce);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!await ClaimAsync(slots, stoppingToken)) await UntilDueAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogError(e, "The outbox ({Kind}) stumbled; it goes on in a second", kind);
                await Task.Delay(TimeSpan.FromSeconds(1), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        drained.CancelAfter(TimeSpan.FromSeconds(options.Value.DrainSeconds));
        await Task.WhenAll(running.Keys); // what was begun is heard out
    }

    private async Task<bool> ClaimAsync(SemaphoreSlim slots, CancellationToken stopping)
    {
        await slots.WaitAsync(stopping);
        slots.Release();
        var busy = running.Values.OfType<Guid>().CountBy(e => e).Where(e => e.Value >= OutboxQueue.PerEndpoint).Select(e => e.Key).ToList();
        var claimed = await queue.ClaimAsync(kind, slots.CurrentCount, busy);
        foreach (var item in claimed)
        {
            await slots.WaitAsync(CancellationToken.None);
            var task = RunAsync(item, slots);
            running[task] = item.EndpointId;
            _ = task.ContinueWith(done => running.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        return claimed.Count > 0;
    }

    private async Task UntilDueAsync(CancellationToken stopping)
    {
        var poll = TimeSpan.FromSeconds(options.Value.PollSeconds);
        var due = await queue.UntilNextAsync(kind, stopping) ?? poll;
        if (running.IsEmpty is false && due < TimeSpan.FromMilliseconds(50)) due = TimeSpan.FromMilliseconds(50); // due, and its endpoint is busy
        await bell.WaitAsync(due < poll ? due + TimeSpan.FromMilliseconds(5) : poll, stopping);
    }

    private async Task RunAsync(OutboxItem item, SemaphoreSlim slots)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(drained.Token);
        limit.CancelAfter(options.Value.StepTimeout);
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var delivery = await TryAsync(scope.ServiceProvider, item, limit.Token);
            await EndAsync(scope.ServiceProvider, item, delivery);
        }
        catch (Exception e)
        {
            log.LogWarning("How {Kind} {Id} went could not be recorded ({Reason}); its lease will run out", kind, item.Id, e.Message);
        }
        finally
        {
            slots.Release();
            Ring(); // when what waits is due must be reckoned anew
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
            log.LogWarning("{Kind} {Id} was claimed by another host before its end was known; that one goes on", kind, item.Id);
            return;
        }

        if (delivery is not Delivery.Sent && again is null) Park(work, item, delivery);
        else if (again is { } delay)
            log.LogWarning("{Kind} {Id} was not sent (try {Try}), again in {Delay:0.0} s: {Reason}",
                kind, item.Id, item.Try, delay.TotalSeconds, delivery.Error);
        await RecordAsync(services, item, delivery);
        await work.CommitAsync(CancellationToken.None);
    }

    private void Park(UnitOfWork work, OutboxItem item, Delivery delivery)
    {
        if (delivery is Delivery.Refused { IsQuiet: true }) return;
        log.LogError("{Kind} {Id} is parked after {Try} tries: {Reason}", kind, item.Id, item.Try, delivery.Error);
        work.Record(new AuditEntry("outbox.parked", kind, item.Id.ToString(), item.Cause)
        {
            Result = AuditResult.Failure,
            ErrorMessage = delivery.Error,
            Metadata = new { key = item.Key, tries = item.Try, endpoint = item.EndpointId },
        });
    }
}
