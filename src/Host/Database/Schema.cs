using System.Reflection;
using System.Security.Cryptography;
using Dapper;
using Npgsql;

namespace BillingMonolith.Host.Database;

/// <summary>
/// Brings the database to this version: the scripts of each room, in order, each once, as the owner and under a lock, so that any number
/// of hosts may start together. An applied script is never edited: a change is another script.
/// </summary>
internal static class Schema
{
    internal const string ApplicationRole = "billing_app";
    private const long LockKey = 0x62696C6C696E67; // "billing"

    private static readonly IReadOnlyList<(string Name, string Sql, string Sha256)> Scripts =
    [
        .. from room in Rooms.All
           from resource in room.GetManifestResourceNames().Where(n => n.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
           let sql = Read(room, resource)
           select (resource, sql, Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(sql)))),
    ];

    /// <summary>Applies the missing scripts and returns their names.</summary>
    public static async Task<IReadOnlyList<string>> MigrateAsync(string ownerConnectionString, CancellationToken cancellationToken)
    {
        await using var database = NpgsqlDataSource.Create(ownerConnectionString);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync($"""
            SELECT pg_advisory_xact_lock({LockKey});
            CREATE TABLE IF NOT EXISTS schema_scripts (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
            DO $$ BEGIN
              IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ApplicationRole}') THEN CREATE ROLE {ApplicationRole} NOLOGIN; END IF;
              IF NOT pg_has_role(current_user, '{ApplicationRole}', 'MEMBER') THEN EXECUTE format('GRANT {ApplicationRole} TO %I', current_user); END IF;
            END $$;
            GRANT USAGE ON SCHEMA public TO {ApplicationRole};
            GRANT SELECT ON schema_scripts TO {ApplicationRole};
            """);
        var applied = await AppliedAsync(connection, cancellationToken);
        var fresh = new List<string>();
        foreach (var (name, sql, sha256) in Scripts)
        {
            if (applied.TryGetValue(name, out var known))
            {
                if (known != sha256)
                    throw new InvalidOperationException($"Script {name} was changed after it had been applied. "
                        + "Restore it and put the change into another script.");
                continue;
            }

            await connection.ExecuteAsync(sql);
            await connection.ExecuteAsync("INSERT INTO schema_scripts (name, sha256) VALUES (@name, @sha256)", new { name, sha256 });
            fresh.Add(name);
        }

        await transaction.CommitAsync(cancellationToken);
        return fresh;
    }

    /// <summary>The scripts of this version that a database lacks, or has in another form. Additional scripts of newer versions do not matter.</summary>
    public static async Task<IReadOnlyList<string>> MissingAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var applied = await AppliedAsync(connection, cancellationToken);
        return [.. Scripts.Where(s => applied.GetValueOrDefault(s.Name) != s.Sha256).Select(s => s.Name)];
    }

    private static async Task<Dictionary<string, string>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        (await connection.QueryAsync<(string Name, string Sha256)>(
            new CommandDefinition("SELECT name, sha256 FROM schema_scripts", cancellationToken: cancellationToken)))
        .ToDictionary(s => s.Name, s => s.Sha256);

    private static string Read(Assembly room, string resource)
    {
        using var reader = new StreamReader(room.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
