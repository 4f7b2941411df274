using System.Net.Sockets;
using System.Text;
using BillingMonolith.Sandbox.Postgres;
using Npgsql;

namespace BillingMonolith.Journeys.Kit;

/// <summary>The relay does what the journeys rely on: it loses a connection exactly at the commit, and only that one.</summary>
public sealed class PostgresRelayTests(PostgresRelayTests.OneServer one) : IClassFixture<PostgresRelayTests.OneServer>, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly string database = "relay_" + Guid.NewGuid().ToString("N");
    private PostgresRelay relay = null!;
    private NpgsqlDataSource direct = null!;
    private NpgsqlDataSource relayed = null!;

    public async ValueTask InitializeAsync()
    {
        await one.Server.CreateDatabaseAsync(database);
        var connection = one.Server.ConnectionString(database);
        relay = PostgresRelay.Start(connection);
        direct = NpgsqlDataSource.Create(connection);
        relayed = NpgsqlDataSource.Create(relay.ConnectionString(connection));
        await using var table = direct.CreateCommand("CREATE TABLE events (id text PRIMARY KEY)");
        await table.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await relayed.DisposeAsync();
        await direct.DisposeAsync();
        await relay.DisposeAsync();
    }

    /// <summary>The ways in which a row is committed: each with its own committing message.</summary>
    public static TheoryData<string, bool> EveryCommit()
    {
        var data = new TheoryData<string, bool>();
        foreach (var way in (string[])["implicit", "prepared", "batch", "explicit", "explicit in SQL", "several statements", "copy"])
        {
            data.Add(way, true);
            data.Add(way, false);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(EveryCommit))]
    public async Task A_commit_is_lost_before_or_after_it_was_applied(string way, bool applied)
    {
        await InsertAsync(way, "evt_before");
        var struck = relay.CutAtCommit(applied, bytes => Holds(bytes, "evt_meant"));

        await InsertAsync(way, "evt_other");
        struck.IsCompleted.ShouldBeFalse();
        await Should.ThrowAsync<NpgsqlException>(() => InsertAsync(way, "evt_meant"));
        await struck.WaitAsync(Patience);
        // Not applied leaves a backend that has yet to notice; the unique index would wait for it, a count does not.
        (await ExistsAsync("evt_meant")).ShouldBe(applied);

        await InsertAsync(way, "evt_after");
        if (!applied) await InsertAsync(way, "evt_meant");
        (await CountAsync()).ShouldBe(4L);
    }

    [Fact]
    public async Task Only_the_connection_that_was_meant_is_cut_and_only_once()
    {
        await using var bystander = await relayed.OpenConnectionAsync();
        await using var transaction = await bystander.BeginTransactionAsync();
        await ExecuteAsync(bystander, "INSERT INTO events VALUES ('evt_bystander')");
        var struck = relay.CutAtCommit(applied: false, bytes => Holds(bytes, "evt_meant"));

        await Should.ThrowAsync<NpgsqlException>(() => InsertAsync("implicit", "evt_meant"));
        await struck.WaitAsync(Patience);
        await transaction.CommitAsync();
        await InsertAsync("implicit", "evt_meant");

        (await CountAsync()).ShouldBe(2L);
    }

    [Fact]
    public async Task A_statement_inside_a_transaction_is_not_its_commit()
    {
        var struck = relay.CutAtCommit(applied: true, bytes => Holds(bytes, "evt_meant"));
        await using var connection = await relayed.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, "INSERT INTO events VALUES ('evt_meant')");
        await ExecuteAsync(connection, "SELECT 1");
        struck.IsCompleted.ShouldBeFalse();

        await Should.ThrowAsync<NpgsqlException>(() => transaction.CommitAsync());
        (await ExistsAsync("evt_meant")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_database_that_is_down_cuts_and_refuses_and_is_back_on_the_same_port()
    {
        await using var connection = await relayed.OpenConnectionAsync();
        relay.Refuse();
        await Should.ThrowAsync<NpgsqlException>(() => ExecuteAsync(connection, "SELECT 1"));
        var refused = await Should.ThrowAsync<NpgsqlException>(() => InsertAsync("implicit", "evt_1"));
        refused.InnerException.ShouldBeOfType<SocketException>().SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);

        relay.Accept();
        await InsertAsync("implicit", "evt_1");
        relay.Refuse();
        await Should.ThrowAsync<NpgsqlException>(() => InsertAsync("implicit", "evt_2"));
        relay.Accept();
        await InsertAsync("implicit", "evt_2");
        (await CountAsync()).ShouldBe(2L);
    }

    [Fact]
    public async Task A_database_that_hangs_goes_on_where_it_was()
    {
        await InsertAsync("implicit", "evt_1");
        relay.Pause();
        var waiting = InsertAsync("implicit", "evt_2");
        await InsertDirectAsync("evt_3");
        waiting.IsCompleted.ShouldBeFalse();
        (await ExistsAsync("evt_2")).ShouldBeFalse();

        relay.Accept();
        await waiting.WaitAsync(Patience);
        (await CountAsync()).ShouldBe(3L);
    }

    private async Task InsertAsync(string way, string id)
    {
        await using var connection = await relayed.OpenConnectionAsync();
        switch (way)
        {
            case "implicit":
                await ExecuteAsync(connection, "INSERT INTO events VALUES ($1)", id);
                break;
            case "prepared":
                await ExecuteAsync(connection, "INSERT INTO events VALUES ($1)", id, prepared: true);
                break;
            case "batch":
                await using (var batch = new NpgsqlBatch(connection) { BatchCommands = { new("SELECT 1"), new("INSERT INTO events VALUES ($1)") } })
                {
                    batch.BatchCommands[1].Parameters.Add(new() { Value = id });
                    await batch.ExecuteNonQueryAsync();
                }

                break;
            case "explicit":
                await using (var transaction = await connection.BeginTransactionAsync())
                {
                    await ExecuteAsync(connection, "INSERT INTO events VALUES ($1)", id);
                    await ExecuteAsync(connection, "SELECT 1");
                    await transaction.CommitAsync();
                }

                break;
            case "explicit in SQL":
                await ExecuteAsync(connection, "BEGIN");
                await ExecuteAsync(connection, "INSERT INTO events VALUES ($1)", id);
                await ExecuteAsync(connection, "COMMIT");
                break;
            case "several statements":
                await ExecuteAsync(connection, $"BEGIN; INSERT INTO events VALUES ('{id}'); COMMIT");
                break;
            default:
                await using (var copy = await connection.BeginBinaryImportAsync("COPY events FROM STDIN (FORMAT BINARY)"))
                {
                    await copy.StartRowAsync();
                    await copy.WriteAsync(id);
                    await copy.CompleteAsync();
                }

                break;
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, string? id = null, bool prepared = false)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        if (id is not null) command.Parameters.Add(new() { Value = id, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        if (prepared) await command.PrepareAsync();
        await command.ExecuteNonQueryAsync();
    }

    private async Task InsertDirectAsync(string id)
    {
        await using var command = direct.CreateCommand("INSERT INTO events VALUES ($1)");
        command.Parameters.Add(new() { Value = id });
        await command.ExecuteNonQueryAsync();
    }

    private async Task<bool> ExistsAsync(string id)
    {
        await using var command = direct.CreateCommand("SELECT EXISTS (SELECT FROM events WHERE id = $1)");
        command.Parameters.Add(new() { Value = id });
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    private async Task<long> CountAsync()
    {
        await using var command = direct.CreateCommand("SELECT count(*) FROM events");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static bool Holds(ReadOnlyMemory<byte> bytes, string text) => bytes.Span.IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;

    public sealed class OneServer : IAsyncLifetime
    {
        internal PrivatePostgres Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Server = await PostgresRuns.StartAsync(settings: null, TestContext.Current.CancellationToken);

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
