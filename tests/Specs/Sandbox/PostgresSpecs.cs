using System.Diagnostics;
using BillingMonolith.Sandbox.Postgres;
using Npgsql;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>The private PostgreSQL. Every test has a folder of its own and removes it.</summary>
public sealed class PostgresSpecs(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly string folder = Path.Combine(ServerFolder.OwnTemporary("specs"), Guid.NewGuid().ToString("N")[..8]);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        var place = new ServerFolder(folder);
        await using var ownership = place.TryLock().ShouldNotBeNull("a test left its server's folder locked");
        if (place.Version is { } version)
        {
            await new PostgresCluster(place, await PostgresBinaries.FindAsync(version, default), new()).StopAsync("immediate");
        }

        place.Delete();
    }

    [Fact]
    public async Task Starts_durable_and_only_on_loopback_with_a_password_and_a_socket()
    {
        var watch = Stopwatch.StartNew();
        await using (var cold = await StartAsync())
        {
            output.WriteLine($"cold start {watch.ElapsedMilliseconds} ms");
            (await ScalarAsync(cold.ConnectionString("postgres"), "SHOW data_directory")).ShouldBe(cold.DataDirectory);
            (await ScalarAsync(cold.SocketConnectionString("postgres"), "SELECT inet_server_addr() IS NULL")).ShouldBe(true);
            (await ScalarAsync(cold.ConnectionString("postgres"), """
                SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings
                WHERE name IN ('fsync', 'listen_addresses', 'max_connections', 'synchronous_commit')
                """)).ShouldBe("on 127.0.0.1 200 on");
            var wrong = new NpgsqlConnectionStringBuilder(cold.SocketConnectionString("postgres")) { Password = "wrong" };
            (await Should.ThrowAsync<PostgresException>(() => ScalarAsync(wrong.ConnectionString, "SELECT 1")))
                .SqlState.ShouldBe(PostgresErrorCodes.InvalidPassword);
            File.Exists(cold.LogFile).ShouldBeTrue();
        }

        Postmaster.Read(new ServerFolder(folder).DataDirectory).ShouldBeNull("disposed, but a server is still there");
        watch.Restart();
        await using var warm = await StartAsync();
        output.WriteLine($"warm start {watch.ElapsedMilliseconds} ms");
    }

    [Fact]
    public async Task Has_one_owner_at_a_time()
    {
        await using var first = await StartAsync();
        (await Should.ThrowAsync<InvalidOperationException>(StartAsync)).Message.ShouldContain("Another process is using the private PostgreSQL");
    }

    [Fact]
    public async Task The_server_of_a_killed_owner_is_taken_over_as_it_runs()
    {
        var killed = await StartAsync();
        var process = Postmaster.Read(killed.DataDirectory)!.Pid;
        killed.LeaveRunning = true;
        await killed.DisposeAsync();

        await using var heir = await StartAsync();
        Postmaster.Read(heir.DataDirectory)!.Pid.ShouldBe(process);
        heir.Port.ShouldBe(killed.Port);
    }

    [Fact]
    public async Task What_a_dead_server_left_does_not_stand_in_the_way()
    {
        var killed = await StartAsync();
        await RunAsync(killed, "CREATE TABLE kept AS SELECT 1 AS id");
        killed.LeaveRunning = true;
        await killed.DisposeAsync();
        using (var postmaster = Process.GetProcessById(Postmaster.Read(killed.DataDirectory)!.Pid)) postmaster.Kill();

        await using var heir = await StartAsync();
        (await ScalarAsync(heir.ConnectionString("postgres"), "SELECT count(*) FROM kept")).ShouldBe(1L);
    }

    [Fact]
    public async Task An_interrupted_initdb_does_not_look_like_a_cluster()
    {
        var unfinished = Path.Combine(new ServerFolder(folder).UnfinishedCluster, "data");
        Directory.CreateDirectory(unfinished);
        await File.WriteAllTextAsync(Path.Combine(unfinished, "PG_VERSION"), "15");

        await using var server = await StartAsync();
        (await ScalarAsync(server.ConnectionString("postgres"), "SELECT 1")).ShouldBe(1);
    }

    [Fact]
    public async Task A_server_with_another_data_directory_is_never_used()
    {
        var other = folder + "-other";
        await using var server = await StartAsync();
        var place = new ServerFolder(other);
        Directory.CreateDirectory(place.DataDirectory);
        File.Copy(new ServerFolder(folder).PasswordFile, place.PasswordFile);
        File.Copy(Postmaster.PidFile(server.DataDirectory), Postmaster.PidFile(place.DataDirectory));
        await using (var ownership = place.TryLock())
        {
            (await Should.ThrowAsync<InvalidOperationException>(() => PrivatePostgres.StartAsync(other, settings: null, default)))
                .Message.ShouldContain("Another process");
        }

        (await Should.ThrowAsync<InvalidOperationException>(() => PrivatePostgres.StartAsync(other, settings: null, default)))
            .Message.ShouldContain($"belongs to {server.DataDirectory}, not to {place.DataDirectory}");
        place.Delete();
    }

    [Fact]
    public async Task After_an_immediate_stop_it_is_back_on_its_port_with_what_was_committed()
    {
        await using var server = await StartAsync();
        await RunAsync(server, "CREATE TABLE kept AS SELECT 1 AS id");
        var port = server.Port;

        await server.StopImmediateAsync();
        await Should.ThrowAsync<NpgsqlException>(() => ScalarAsync(server.ConnectionString("postgres"), "SELECT 1"));

        await server.RestartAsync();
        server.Port.ShouldBe(port);
        (await ScalarAsync(server.ConnectionString("postgres"), "SELECT count(*) FROM kept")).ShouldBe(1L);
    }

    [Fact]
    public async Task Databases_are_made_from_a_template_and_their_connections_can_be_killed()
    {
        await using var server = await StartAsync();
        await server.CreateDatabaseAsync("pattern");
        await ScalarAsync(server.ConnectionString("pattern"), "CREATE TABLE t AS SELECT 1 AS id");
        await server.CreateDatabaseAsync("a \"copy\"", template: "pattern");

        var copy = server.ConnectionString("a \"copy\"");
        await using var victim = new NpgsqlConnection(copy);
        await victim.OpenAsync();
        (await server.KillBackendsAsync("a \"copy\"")).ShouldBe(1);
        await using var command = new NpgsqlCommand("SELECT 1", victim);
        await Should.ThrowAsync<NpgsqlException>(() => command.ExecuteScalarAsync());

        (await ScalarAsync(copy, "SELECT count(*) FROM t")).ShouldBe(1L);
        await server.DropDatabaseAsync("a \"copy\"");
        (await Should.ThrowAsync<PostgresException>(() => ScalarAsync(copy, "SELECT 1"))).SqlState.ShouldBe(PostgresErrorCodes.InvalidCatalogName);
    }

    [Fact]
    public async Task A_run_removes_its_folder_and_clears_away_what_a_killed_run_has_left()
    {
        var killed = await PostgresRuns.StartAsync(settings: null, default);
        var alive = await PostgresRuns.StartAsync(settings: null, default);
        killed.LeaveRunning = true;
        await killed.DisposeAsync();
        var left = Postmaster.Read(killed.DataDirectory).ShouldNotBeNull();

        await using (await PostgresRuns.StartAsync(settings: null, default)) { }

        left.IsRunning().ShouldBeFalse();
        Directory.Exists(killed.DataDirectory).ShouldBeFalse();
        (await ScalarAsync(alive.ConnectionString("postgres"), "SELECT 1")).ShouldBe(1);
        await alive.DisposeAsync();
        Directory.Exists(alive.DataDirectory).ShouldBeFalse();
    }

    [Fact]
    public void A_path_that_is_too_long_for_a_socket_has_it_elsewhere()
    {
        new ServerFolder("/tmp/short").SocketFolder.ShouldBe("/tmp/short");
        new ServerFolder("/tmp/" + new string('x', 90)).SocketFolder.Length.ShouldBeLessThan(88);
    }

    private Task<PrivatePostgres> StartAsync() => PrivatePostgres.StartAsync(folder, settings: null, TestContext.Current.CancellationToken);

    private static Task<object?> RunAsync(PrivatePostgres server, string sql) => ScalarAsync(server.ConnectionString("postgres"), sql);

    private static async Task<object?> ScalarAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
