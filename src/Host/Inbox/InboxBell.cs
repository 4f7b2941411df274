using Npgsql;

namespace BillingMonolith.Host.Inbox;

/// <summary>Wakes this host's workers when any host adds steps (LISTEN/NOTIFY). A lost notice costs a poll interval, never an event.</summary>
internal sealed class InboxBell(NpgsqlDataSource database, TimeProvider time, ILogger<InboxBell> log) : BackgroundService
{
    private readonly Dictionary<string, SemaphoreSlim> bells = new() { [Lane.Local] = new(0), [Lane.Remote] = new(0) };

    /// <summary>Waits for the bell, at most so long.</summary>
    public Task WaitAsync(string lane, TimeSpan atMost, CancellationToken cancellationToken) => bells[lane].WaitAsync(atMost, cancellationToken);

    public void Ring(string lane)
    {
        if (bells[lane].CurrentCount == 0) bells[lane].Release();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogWarning("The inbox bell lost its connection ({Reason}); polling until it is back", e.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        connection.Notification += (_, _) => RingAll();
        await using (var listen = new NpgsqlCommand("LISTEN inbox", connection)) await listen.ExecuteNonQueryAsync(cancellationToken);
        RingAll(); // what came while nobody listened
        while (true) await connection.WaitAsync(cancellationToken);
    }

    public void RingAll()
    {
        Ring(Lane.Local);
        Ring(Lane.Remote);
    }
}
