using System.Globalization;
using BillingMonolith.Host.Database;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Postgres;

[assembly: AssemblyFixture(typeof(Cluster))]

namespace BillingMonolith.Journeys.Kit;

/// <summary>One private PostgreSQL for the run; every journey gets a database of its own, copied from a migrated template.</summary>
public sealed class Cluster : IAsyncLifetime
{
    private const string Template = "journey_template";
    private int databases;

    internal PrivatePostgres Postgres { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        WarmHost.IsOn = true;
        Postgres = await PostgresRuns.StartAsync(settings: null, CancellationToken.None);
        await Postgres.CreateDatabaseAsync(Template);
        await Schema.MigrateAsync(Postgres.ConnectionString(Template) + ";Pooling=false", CancellationToken.None);
    }

    internal async Task<string> NewDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"journey_{Interlocked.Increment(ref databases)}");
        await Postgres.CreateDatabaseAsync(name, Template);
        return name;
    }

    public ValueTask DisposeAsync()
    {
        WarmHost.EndAll();
        return Postgres.DisposeAsync();
    }
}
