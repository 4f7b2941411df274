using BillingMonolith.Journeys.Kit;
using Dapper;
using Npgsql;

namespace BillingMonolith.Journeys.Crashes;

/// <summary>What was written of money and of deeds stays written, whoever holds the application's connection.</summary>
public sealed class DatabaseRoleTests(Cluster cluster)
{
    private static readonly string[] AppendOnly = ["audit_logs", "credit_entries"];

    [Fact]
    public async Task Neither_the_application_nor_the_owner_can_change_what_is_append_only()
    {
        await using var journey = await Journey.StartAsync(cluster);
        await Witness.InstallAsync(journey);
        await Crowd.PostAsync(journey, Crowd.Pack(journey.World, Journey.Ada));
        await journey.SettleAsync();
        (await journey.RowsAsync<string>("SELECT DISTINCT role FROM witness")).ShouldBe(["billing_app"], "the host works as this role");

        await using var application = await OpenAsync(journey.World.ConnectionString + ";Options=-c role=billing_app");
        await using var owner = await OpenAsync(journey.World.ConnectionString);
        foreach (var table in AppendOnly)
        {
            foreach (var change in (string[])[$"UPDATE {table} SET user_id = 'other'", $"DELETE FROM {table}", $"TRUNCATE {table} CASCADE"])
            {
                (await RefusalAsync(application, change)).ShouldBe(PostgresErrorCodes.InsufficientPrivilege, change);
                (await RefusalAsync(owner, change)).ShouldBe(PostgresErrorCodes.RestrictViolation, change);
            }
        }

        foreach (var change in (string[])
        [
            "UPDATE credit_accounts SET balance = balance + 1", "INSERT INTO credit_accounts (user_id, balance) VALUES ('other', 1)",
            "DELETE FROM credit_accounts", "UPDATE credit_lots SET remaining = amount", "UPDATE credit_packages SET package_code = 'other'", "DELETE FROM credit_packages",
            "INSERT INTO credit_lots (source, origin, user_id, amount, priority) VALUES ('x', 'x', 'other', 1, 1)", "UPDATE credit_lots SET frozen = true",
            "INSERT INTO credit_entries (user_id, kind, amount, lots, parts) VALUES ('other', 'grant', 1, '{1}', '{1}')",
            "UPDATE credit_reservations SET state = 'released', settled_at = now()", "SELECT credit_repay('other')", "SELECT credit_lapse('other')",
            "UPDATE credit_allowances SET tier_id = 'other'",
            "DELETE FROM credit_purchases", "UPDATE inbox_events SET payload = ''", "DELETE FROM inbox_events", "DELETE FROM inbox_steps",
            "ALTER TABLE audit_logs DISABLE TRIGGER ALL", "CREATE TABLE intruder (id int)",
        ])
            (await RefusalAsync(application, change)).ShouldBe(PostgresErrorCodes.InsufficientPrivilege, change);
        // The owner cannot take the lots from under the entries either.
        (await RefusalAsync(owner, "TRUNCATE credit_lots CASCADE")).ShouldBe(PostgresErrorCodes.RestrictViolation);
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(Crowd.PackCredits);
        await Oracles.HoldAsync(journey);
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>The SQLSTATE of the refusal; null when it went through (and is undone).</summary>
    private static async Task<string?> RefusalAsync(NpgsqlConnection connection, string change)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        try
        {
            await connection.ExecuteAsync(change);
            return null;
        }
        catch (PostgresException refused)
        {
            return refused.SqlState;
        }
    }
}
