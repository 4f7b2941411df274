using BillingMonolith.Host.Database;
using BillingMonolith.Journeys.Kit;
using Dapper;
using Npgsql;

namespace BillingMonolith.Journeys.Crashes;

/// <summary>What one request's bad value does to a connection, the next request on it must not feel.</summary>
public sealed class PreparedStatementTests(Cluster cluster)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)] // from its second use on Npgsql may keep a statement prepared
    [InlineData(3)]
    public async Task A_statement_that_fails_at_any_of_its_uses_is_sound_at_the_next(int fails)
    {
        var options = new DatabaseOptions { ConnectionString = cluster.Postgres.ConnectionString(await cluster.NewDatabaseAsync()) };
        await using var database = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(options.Application(TimeSpan.FromSeconds(10))) { MaxPoolSize = 1 }.ConnectionString);
        for (var use = 1; use <= 6; use++)
        {
            if (use == fails) (await Should.ThrowAsync<PostgresException>(() => RatioAsync(database, 0))).SqlState.ShouldBe(PostgresErrorCodes.DivisionByZero);
            else (await RatioAsync(database, 2)).ShouldBe([3, 3]);
        }
    }

    private static async Task<List<int>> RatioAsync(NpgsqlDataSource database, int by)
    {
        await using var connection = await database.OpenConnectionAsync();
        return (await connection.QueryAsync<int>("SELECT 6 / @by FROM generate_series(1, 2)", new { by })).AsList();
    }
}
