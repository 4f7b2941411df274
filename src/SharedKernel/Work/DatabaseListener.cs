using System.Collections.Frozen;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace BillingMonolith.SharedKernel;

/// <summary>
/// The action of this host when the database notifies a channel: it gets the payload of the notice. It gets null when the listener connects, at first or
/// again, because notices may have been missed.
/// </summary>
public sealed record Listener(string Channel, Action<string?> Act)
{
    /// <summary>The same for an action that does not need the payload.</summary>
    public Listener(string channel, Action act) : this(channel, _ => act()) { }

    /// <summary>The connection is lost: no notice arrives until <see cref="Act"/> gets null.</summary>
    public Action? Disconnected { get; init; }
}

/// <summary>
/// The one connection that listens (LISTEN/NOTIFY) for changes by any host: new steps, a changed catalogue. A lost notice costs a poll interval or
/// the age of a cache, never more.
/// </summary>
public sealed class DatabaseListener(NpgsqlDataSource database, IEnumerable<Listener> listeners, TimeProvider time, ILogger<DatabaseListener> log)
    : BackgroundService
{
    private readonly FrozenDictionary<string, Listener> channels = listeners.ToFrozenDictionary(h => h.Channel);

    /// <inheritdoc/>
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
                foreach (var listener in channels.Values) listener.Disconnected?.Invoke();
                log.LogWarning("The connection that listens was lost ({Reason}); polling until it is back", e.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        connection.Notification += (_, notice) => channels[notice.Channel].Act(notice.Payload);
        await using (var listen = new NpgsqlCommand(string.Join(';', channels.Keys.Select(c => $"LISTEN {c}")), connection))
            await listen.ExecuteNonQueryAsync(cancellationToken);
        foreach (var listener in channels.Values) listener.Act(null); // notices that came while disconnected
        while (true) await connection.WaitAsync(cancellationToken);
    }
}
