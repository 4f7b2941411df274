using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace BillingMonolith.Journeys.Kit;

/// <summary>
/// A TCP relay on loopback before a PostgreSQL server that can lose the connection at the one moment that matters: at the commit, before the server
/// has seen it or after it has done it. It can also be a database that is down or hangs.
/// </summary>
internal sealed class PostgresRelay : IAsyncDisposable
{
    private readonly IPEndPoint server;
    private readonly CancellationTokenSource stopping = new();
    private readonly HashSet<RelayedConnection> connections = [];
    private readonly List<Strike> strikes = [];
    private readonly Task accepting;
    private Socket listener;
    private TaskCompletionSource open = Completed();
    private TaskCompletionSource listening = Completed();

    private PostgresRelay(IPEndPoint server)
    {
        this.server = server;
        listener = Bind(port: 0);
        listener.Listen();
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>A relay to the server that the connection string names (by TCP).</summary>
    public static PostgresRelay Start(string connectionString) =>
        new(new IPEndPoint(IPAddress.Loopback, new NpgsqlConnectionStringBuilder(connectionString).Port));

    /// <summary>The same connection, through the relay and in clear text.</summary>
    public string ConnectionString(string direct) => new NpgsqlConnectionStringBuilder(direct)
    {
        Host = "127.0.0.1",
        Port = Port,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    /// <summary>
    /// Cuts one connection, once: the next to commit a transaction whose bytes from the client satisfy <paramref name="when"/> (statements and
    /// parameters since the connection was last idle).
    /// </summary>
    /// <param name="applied">True: the server commits and the client does not hear of it. False: the server never sees the commit.</param>
    /// <param name="when">Whether this is the transaction meant, for instance because it holds an event id.</param>
    /// <returns>Ends when it has struck.</returns>
    public Task CutAtCommit(bool applied, Func<ReadOnlyMemory<byte>, bool> when)
    {
        var strike = new Strike(applied, when);
        lock (strikes) strikes.Add(strike);
        return strike.Done.Task;
    }

    /// <summary>The database is down: what is connected is cut, what connects is refused. The port stays ours.</summary>
    public void Refuse()
    {
        lock (connections)
        {
            if (!listening.Task.IsCompleted) return;
            listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var closed = listener;
            // A socket that is bound and does not listen keeps the port and refuses.
            listener = Bind(Port);
            closed.Dispose();
            foreach (var connection in connections) connection.Cut();
        }
    }

    /// <summary>The database hangs: connections stay, no byte passes.</summary>
    public void Pause()
    {
        lock (connections)
        {
            if (open.Task.IsCompleted) open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>All is well again after <see cref="Refuse"/> or <see cref="Pause"/>.</summary>
    public void Accept()
    {
        lock (connections)
        {
            open.TrySetResult();
            if (listening.Task.IsCompleted) return;
            listener.Listen();
            listening.SetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        lock (connections)
        {
            listener.Dispose();
            foreach (var connection in connections) connection.Cut();
        }

        await accepting;
        stopping.Dispose();
    }

    internal Task WhenOpenAsync() => open.Task.WaitAsync(stopping.Token);

    internal Strike? TakeStrike(ReadOnlyMemory<byte> transaction)
    {
        lock (strikes)
        {
            var strike = strikes.Find(s => s.When(transaction));
            if (strike is not null) strikes.Remove(strike);
            return strike;
        }
    }

    private async Task AcceptAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await listening.Task.WaitAsync(stopping.Token);
                var client = await listener.AcceptAsync(stopping.Token);
                _ = RelayAsync(client);
            }
            catch (Exception fault) when (fault is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // Closed by Refuse or by the end: the loop's condition and the wait above decide.
            }
        }
    }

    private async Task RelayAsync(Socket client)
    {
        using var connection = new RelayedConnection(this, client);
        lock (connections) connections.Add(connection);
        await connection.RunAsync(server, stopping.Token);
        lock (connections) connections.Remove(connection);
    }

    private static Socket Bind(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, optionValue: true);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }

    internal sealed record Strike(bool Applied, Func<ReadOnlyMemory<byte>, bool> When)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
