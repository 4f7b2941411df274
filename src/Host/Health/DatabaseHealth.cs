using BillingMonolith.Host.Database;
using Dapper;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace BillingMonolith.Host.Health;

/// <summary>Whether this host can store incoming events. This is the only check that takes it out of rotation.</summary>
internal sealed class DatabaseHealth(NpgsqlDataSource database) : IHealthCheck
{
    private const string HowToMigrate = "Run the command migrate as the database's owner, or start a host with Database__Migrate=true.";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            var (role, readOnly) = await connection.QuerySingleAsync<(string, bool)>(new CommandDefinition(
                "SELECT current_user::text, current_setting('transaction_read_only')::bool", cancellationToken: cancellationToken));
            return Judge(role, readOnly, await Schema.MissingAsync(connection, cancellationToken));
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedObject
            or PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidParameterValue)
        {
            return HealthCheckResult.Unhealthy($"The database is not prepared for this version ({e.MessageText}). {HowToMigrate}");
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
        {
            var why = e is OperationCanceledException ? "in time" : $"({e.Message})";
            return HealthCheckResult.Unhealthy($"The database does not answer {why}: nothing can be stored, and Stripe is asked to send again. "
                + "Is PostgreSQL up, are its connections used up, is Database:ConnectionString right?");
        }
    }

    /// <summary>Another role can store as well; only the second protection of ledger and audit log is missing, so the host stays in rotation.</summary>
    internal static HealthCheckResult Judge(string role, bool readOnly, IReadOnlyList<string> missing) => (role, readOnly, missing) switch
    {
        (_, true, _) => HealthCheckResult.Unhealthy(
            "The database is read-only, as a standby is: nothing can be stored. Point Database:ConnectionString to the primary."),
        (_, _, [_, ..]) => HealthCheckResult.Unhealthy($"The schema lacks {string.Join(", ", missing)} as this version has it. {HowToMigrate}"),
        (not Schema.ApplicationRole, _, _) => HealthCheckResult.Degraded(
            $"The host works as role '{role}' and not as {Schema.ApplicationRole}, so the database does not keep it from changing what is append-only. "
            + "Does a connection pooler drop the start-up option 'role'? Let it pass, or connect directly."),
        _ => HealthCheckResult.Healthy(),
    };
}
