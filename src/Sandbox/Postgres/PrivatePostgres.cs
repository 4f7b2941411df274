using System.Globalization;
using Npgsql;

namespace BillingMonolith.Sandbox.Postgres;

/// <summary>
/// A PostgreSQL of our own: its cluster in a folder, a random password, a random port on loopback and a unix socket. One process owns it at a time;
/// a server that a killed owner has left is taken over as it runs. Nothing is ever done to a server whose <c>data_directory</c> is not ours.
/// </summary>
internal sealed class PrivatePostgres : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);

    private readonly ServerFolder folder;
    private readonly PostgresCluster cluster;
    private readonly FileStream ownership;
    private readonly bool throwaway;
    private readonly string password;
    private int port;
    private bool disposed;

    private PrivatePostgres(ServerFolder folder, PostgresCluster cluster, FileStream ownership, bool throwaway)
    {
        (this.folder, this.cluster, this.ownership, this.throwaway) = (folder, cluster, ownership, throwaway);
        password = File.ReadAllText(folder.PasswordFile);
    }

    /// <summary>Where the sandbox keeps its server from one run to the next.</summary>
    public static string SandboxFolder => Path.Combine(ServerFolder.OwnTemporary("sandbox"), "postgres");

    public string DataDirectory => folder.DataDirectory;

    public string LogFile => folder.Log;

    public int Port => port;

    /// <summary>Set, the server stays up when this is disposed, for the next owner to take over.</summary>
    public bool LeaveRunning { get; set; }

    /// <summary>Takes the folder, makes the cluster when there is none, and starts its server or takes over the one that runs.</summary>
    /// <exception cref="InvalidOperationException">Another process has the folder, PostgreSQL is missing or does not start; the message says so.</exception>
    public static async Task<PrivatePostgres> StartAsync(string dataFolder, PostgresSettings? settings, CancellationToken cancellationToken)
    {
        var place = new ServerFolder(dataFolder);
        if (Environment.IsPrivilegedProcess && !ServerFolder.OthersMayEnter(Path.GetDirectoryName(place.Path)!))
        {
            throw new InvalidOperationException(
                $"As root the server runs as the user postgres, who cannot enter {Path.GetDirectoryName(place.Path)}. Choose a folder under /tmp or /var/tmp.");
        }

        var taken = place.TryLock() ?? throw new InvalidOperationException(
            $"Another process is using the private PostgreSQL in {place.Path}. End it first, or choose another folder.");
        try
        {
            settings ??= new PostgresSettings();
            var control = new PostgresCluster(place, await PostgresBinaries.FindAsync(place.Version, cancellationToken), settings);
            await control.MakeAsync(cancellationToken);
            var server = new PrivatePostgres(place, control, taken, settings.Throwaway);
            if (!await server.TakeOverAsync(cancellationToken)) await server.LaunchAsync(fixedPort: null, cancellationToken);
            return server;
        }
        catch
        {
            await taken.DisposeAsync();
            throw;
        }
    }

    public string ConnectionString(string database) => Connection("127.0.0.1", database).ConnectionString;

    public string SocketConnectionString(string database) => Connection(folder.SocketFolder, database).ConnectionString;

    public Task CreateDatabaseAsync(string name, string? template = null) =>
        ExecuteAsync($"CREATE DATABASE {Quoted(name)} TEMPLATE {Quoted(template ?? "template1")}");

    public Task DropDatabaseAsync(string name) => ExecuteAsync($"DROP DATABASE IF EXISTS {Quoted(name)} WITH (FORCE)");

    /// <summary>Ends every connection to the database, as an administrator or a fail-over would; the answer is their number.</summary>
    public async Task<int> KillBackendsAsync(string database)
    {
        await using var own = await OpenOwnAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(
            "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()", own)
        {
            Parameters = { new() { Value = database } },
        };
        return (int)(long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Stops as in a crash: no checkpoint, every connection cut. <see cref="RestartAsync"/> recovers from the log.</summary>
    public async Task StopImmediateAsync()
    {
        await using (await OpenOwnAsync(CancellationToken.None)) { }
        await cluster.StopAsync("immediate");
    }

    /// <summary>Starts again on the same port, after a fast stop when it runs.</summary>
    public async Task RestartAsync()
    {
        await cluster.StopAsync("fast");
        await LaunchAsync(port, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (disposed) return;
        disposed = true;
        await using (ownership)
        {
            if (LeaveRunning) return;
            await cluster.StopAsync(throwaway ? "immediate" : "fast");
            if (throwaway) folder.Delete();
        }
    }

    /// <summary>False when no server runs there; what a dead one has left is removed.</summary>
    private async Task<bool> TakeOverAsync(CancellationToken cancellationToken)
    {
        for (var delay = TimeSpan.FromMilliseconds(10); Postmaster.Read(DataDirectory) is { } postmaster && postmaster.IsRunning(); delay *= 2)
        {
            port = postmaster.Port;
            if (port != 0 && await AnswersAsync(cancellationToken)) return true;
            if (delay > ReadyWithin) throw new InvalidOperationException($"The server in {DataDirectory} runs and does not answer. Its log: {LogFile}");
            await Task.Delay(delay, cancellationToken);
        }

        File.Delete(Postmaster.PidFile(DataDirectory));
        return false;
    }

    private async Task LaunchAsync(int? fixedPort, CancellationToken cancellationToken)
    {
        port = await cluster.LaunchAsync(fixedPort, cancellationToken);
        await using (await OpenOwnAsync(cancellationToken)) { }
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var own = await OpenOwnAsync(cancellationToken);
            return true;
        }
        catch (NpgsqlException fault) when (fault.IsTransient)
        {
            return false;
        }
    }

    /// <summary>A connection for our own use, once the server has shown that it is ours.</summary>
    private async Task<NpgsqlConnection> OpenOwnAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString("postgres")) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SHOW data_directory", connection);
        var shown = (string)(await command.ExecuteScalarAsync(cancellationToken))!;
        if (shown == DataDirectory) return connection;
        await connection.DisposeAsync();
        throw new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture, $"The server on port {port} belongs to {shown}, not to {DataDirectory}."));
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var own = await OpenOwnAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(sql, own);
        await command.ExecuteNonQueryAsync();
    }

    private NpgsqlConnectionStringBuilder Connection(string host, string database) => new()
    {
        Host = host,
        Port = port,
        Username = "postgres",
        Password = password,
        Database = database,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    };

    private static string Quoted(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
