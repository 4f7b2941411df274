using BillingMonolith.Host.Database;
using BillingMonolith.Journeys.Kit;
using Dapper;
using Npgsql;

namespace BillingMonolith.Journeys.Intake;

/// <summary>The schema's scripts on a database: each once, however many hosts start, and never in two forms.</summary>
public sealed class MigrationTests(Cluster cluster)
{
    [Fact]
    public async Task Of_four_that_start_at_once_one_applies_the_scripts()
    {
        await cluster.Postgres.CreateDatabaseAsync("migrated_at_once");
        var database = cluster.Postgres.ConnectionString("migrated_at_once");

        var applied = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Schema.MigrateAsync(database, TestContext.Current.CancellationToken)));

        applied.Count(names => names.Count == 0).ShouldBe(3);
        await using var connection = new NpgsqlConnection(database);
        (await connection.QueryAsync<string>("SELECT name FROM schema_scripts")).ShouldBe(applied.Single(names => names.Count > 0), ignoreOrder: true);
    }

    [Fact]
    public async Task A_script_that_was_changed_after_it_had_been_applied_is_refused()
    {
        var database = cluster.Postgres.ConnectionString(await cluster.NewDatabaseAsync());
        await using var connection = new NpgsqlConnection(database);
        await connection.ExecuteAsync("UPDATE schema_scripts SET sha256 = '' WHERE name = 'credits/0001_catalogue.sql'");

        var refusal = await Should.ThrowAsync<InvalidOperationException>(Schema.MigrateAsync(database, TestContext.Current.CancellationToken));

        refusal.Message.ShouldContain("0001_catalogue.sql was changed after it had been applied");
    }
}
