using System.Globalization;
using BillingMonolith.SharedKernel;
using Npgsql;

namespace BillingMonolith.Journeys.Ledger;

/// <summary>
/// The ledger does what the model does. LEDGER_RUNS asks for more sequences, LEDGER_SEED for other ones: a failure names the seed that repeats it.
/// </summary>
internal static class Property
{
    private const int Length = 24;
    public static int Runs(int usual) => Number("LEDGER_RUNS", usual);
    public static int Seed { get; } = Number("LEDGER_SEED", 1);

    /// <summary>The first difference in sequences of operations that are done one after the other; null = none.</summary>
    /// <param name="connectionString">The database.</param>
    /// <param name="runs">How many sequences.</param>
    /// <param name="connections">How many at once, each in a transaction of its own.</param>
    /// <param name="from">The first sequence's seed; without it LEDGER_SEED's.</param>
    public static async Task<string?> FirstDifferenceAsync(string connectionString, int runs, int connections = 3, int? from = null)
    {
        await using var database = Real.Connect(connectionString, connections);
        string? difference = null;
        var first = from ?? Seed;
        var seed = first - 1;
        await Task.WhenAll(Enumerable.Range(0, connections).Select(async _ =>
        {
            while (Interlocked.Increment(ref seed) is var mine && mine < first + runs && difference is null)
                if (await CompareAsync(database, mine) is { } found) difference = found;
        }));
        return difference;
    }

    // A sequence is one transaction that is never committed: there is nothing to wait for and nothing to clear away.
    private static async Task<string?> CompareAsync(NpgsqlDataSource database, int seed)
    {
        var operations = new Operations(seed);
        var model = new Model(TimeProvider.System.GetUtcNow().UtcDateTime);
        await using var real = new Real(new UnitOfWork(database));
        var story = new List<(Operation Operation, string Answer)>();
        for (var i = 0; i < Length; i++)
        {
            var operation = operations.Next();
            var answer = model.Apply(operation);
            var expected = $"{answer}\n{model.State()}";
            story.Add((operation, answer));
            string found;
            try
            {
                found = $"{await real.ApplyAsync(operation, goesOn: answer == Model.Known)}\n{await real.StateAsync(operations)}";
            }
            catch (Exception fault)
            {
                found = fault.Message;
            }

            if (found == expected) continue;
            var told = string.Join('\n', story.Select(s => $"  {s.Operation} → {s.Answer}"));
            return $"LEDGER_SEED={seed} LEDGER_RUNS=1\n{told}\n\nexpected:\n{expected}\n\nfound:\n{found}";
        }

        return null;
    }

    private static int Number(string variable, int usual) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var wanted) ? wanted : usual;
}
