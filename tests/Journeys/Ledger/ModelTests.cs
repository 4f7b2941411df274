using System.Diagnostics;
using BillingMonolith.Journeys.Kit;

namespace BillingMonolith.Journeys.Ledger;

/// <summary>Random sequences of everything that can be asked of the ledger, beside a simple model of it.</summary>
public sealed class ModelTests(Cluster cluster)
{
    [Fact]
    public async Task After_every_operation_of_every_sequence_the_ledger_is_what_the_model_is()
    {
        var runs = Property.Runs(usual: 2000);
        var database = cluster.Postgres.ConnectionString(await cluster.NewDatabaseAsync());
        var watch = Stopwatch.StartNew();
        (await Property.FirstDifferenceAsync(database, runs)).ShouldBeNull();
        TestContext.Current.SendDiagnosticMessage($"{runs} sequences in {watch.Elapsed.TotalSeconds:0.0} s");
    }

    [Fact]
    public async Task Many_at_once_with_repeats_and_in_any_order_the_books_add_up_and_everything_happened_once()
    {
        var runs = Property.Runs(usual: 30);
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        var watch = Stopwatch.StartNew();
        for (var seed = Property.Seed; seed < Property.Seed + runs; seed++)
            (await Interleaving.FirstFaultAsync(journey, seed, timeless: seed % 2 == 0)).ShouldBeNull();
        TestContext.Current.SendDiagnosticMessage($"{runs} crowds in {watch.Elapsed.TotalSeconds:0.0} s");
    }
}
