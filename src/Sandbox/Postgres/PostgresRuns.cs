using System.Globalization;
using System.Security.Cryptography;

namespace BillingMonolith.Sandbox.Postgres;

/// <summary>Servers that live for one run of the tests or of the demo. What a killed run has left is cleared away by the next.</summary>
internal static class PostgresRuns
{
    public static async Task<PrivatePostgres> StartAsync(PostgresSettings? settings, CancellationToken cancellationToken)
    {
        var runs = ServerFolder.OwnTemporary("runs");
        foreach (var old in Directory.GetDirectories(runs)) await ClearAsync(new ServerFolder(old), cancellationToken);
        var name = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}");
        return await PrivatePostgres.StartAsync(Path.Combine(runs, name), (settings ?? new PostgresSettings()) with { Throwaway = true }, cancellationToken);
    }

    /// <summary>A free lock means that the owner is dead, since an owner locks before it makes the folder and deletes the folder before it unlocks.</summary>
    private static async Task ClearAsync(ServerFolder run, CancellationToken cancellationToken)
    {
        await using var ownership = run.TryLock();
        if (ownership is null) return;
        try
        {
            if (Postmaster.Read(run.DataDirectory) is { } postmaster && postmaster.IsRunning())
            {
                var binaries = await PostgresBinaries.FindAsync(run.Version, cancellationToken);
                await new PostgresCluster(run, binaries, new PostgresSettings()).StopAsync("immediate");
            }

            run.Delete();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            // Somebody else's leftovers must not fail this run; the next one tries again.
        }
    }
}
