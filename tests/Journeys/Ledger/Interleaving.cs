using System.Collections.Concurrent;
using System.Globalization;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.SharedKernel;
using Npgsql;

namespace BillingMonolith.Journeys.Ledger;

/// <summary>
/// The same operations by many connections at once, each some times and in any order. Afterwards the books add up, everything happened once, and
/// what is left is what the callers were told.
/// </summary>
internal static class Interleaving
{
    private const int Connections = 8;
    private const int Length = 120;

    /// <summary>What went wrong; null = nothing.</summary>
    /// <param name="journey">Its database.</param>
    /// <param name="seed">Of operations and order.</param>
    /// <param name="timeless">Without holds, freezes and ends; then the entries, read by number, are a story that the model tells likewise.</param>
    public static async Task<string?> FirstFaultAsync(Journey journey, int seed, bool timeless)
    {
        await using var database = Real.Connect(journey.World.ConnectionString, Connections);
        var operations = new Operations(seed, timeless);
        var told = new ConcurrentBag<(Operation Operation, string Answer)> { (operations.Opening, await OnceAsync(database, operations.Opening)) };
        var random = new Random(seed);
        var queue = new ConcurrentQueue<Operation>(Enumerable.Range(0, Length).SelectMany(_ => Repeats(operations.Next(), random)).OrderBy(r => r.Place).Select(r => r.Operation));
        try
        {
            await Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
            {
                while (queue.TryDequeue(out var operation)) told.Add((operation, await OnceAsync(database, operation)));
            }));
            await Oracles.LedgerAddsUpAsync(journey);
            await ToldIsTrueAsync(journey, operations.Users, [.. told]);
            if (timeless) await StoryIsTheModelsAsync(journey, database, operations, [.. told]);
            return null;
        }
        catch (Exception fault) when (fault is PostgresException or ShouldAssertException)
        {
            return $"LEDGER_SEED={seed} LEDGER_RUNS=1: {fault.Message}";
        }
    }

    /// <summary>The same one to three times: somewhere, or all at once. A set of grants comes in another order each time.</summary>
    private static IEnumerable<(Operation Operation, double Place)> Repeats(Operation operation, Random random)
    {
        var (together, place) = (random.Next(2) == 0, random.NextDouble());
        return Enumerable.Range(0, random.Next(1, 4)).Select(_ => (
            operation is Operation.Give give ? new Operation.Give([.. give.Gifts.OrderBy(_ => random.Next())]) : operation,
            together ? place : random.NextDouble())).ToList();
    }

    private static async Task<string> OnceAsync(NpgsqlDataSource database, Operation operation)
    {
        await using var real = new Real(new UnitOfWork(database));
        var answer = await real.ApplyAsync(operation, goesOn: false);
        if (answer != Model.Known) await real.CommitAsync();
        return answer;
    }

    /// <summary>Each source once; and what a user has or owes is the sum of what callers were told.</summary>
    private static async Task ToldIsTrueAsync(Journey journey, string[] users, List<(Operation Operation, string Answer)> told)
    {
        Happened(told).Select(h => h.Source).ShouldBeUnique("each source once");
        var once = told.Select(t => t.Operation).SelectMany(o => o switch
        {
            Operation.Give give => give.Gifts.Select(g => g.Source),
            Operation.ClawBack back => [back.Source],
            Operation.Restore back => [back.Source],
            _ => [],
        }).Distinct();
        once.Except(Happened(told).Select(h => h.Source)).ShouldBeEmpty("nothing that must happen was left out");

        var net = users.ToDictionary(u => u, _ => 0L);
        foreach (var (_, user, credits) in Happened(told)) net[user] += credits;
        foreach (var (user, taken) in await journey.RowsAsync<(string, long)>(
            "SELECT user_id, sum(committed)::bigint FROM credit_reservations WHERE user_id = ANY (@users) GROUP BY 1", new { users })) net[user] -= taken;
        // What had ended before it was taken back was told by its end.
        foreach (var (user, ended) in await journey.RowsAsync<(string, long)>(
            "SELECT user_id, sum(ended)::bigint FROM credit_entries WHERE user_id = ANY (@users) GROUP BY 1", new { users })) net[user] += ended;
        (await journey.RowsAsync<(string User, long Net)>("SELECT user_id, balance - debt FROM credit_accounts WHERE user_id = ANY (@users)", new { users }))
            .ToDictionary(a => a.User, a => a.Net).ShouldBe(net, ignoreOrder: true, "balance less debt is what the callers were told");
    }

    private static IEnumerable<(string Source, string User, long Credits)> Happened(IEnumerable<(Operation Operation, string Answer)> told) =>
        from t in told
        where t.Answer is not (Model.Known or Model.Refused or Model.Nothing)
        from h in t.Operation switch
        {
            Operation.Give give => give.Gifts.DistinctBy(g => g.Source).Where(g => t.Answer.Split(", ").Any(a => a.StartsWith(g.Source + " ", StringComparison.Ordinal)))
                .Select(g => (g.Source, g.User, g.Credits)),
            Operation.Take o => [(o.Source, o.User, -o.Credits)],
            Operation.ClawBack o => [(o.Source, o.User, -o.Credits)],
            Operation.Restore o => [(o.Source, o.User, o.Credits)],
            Operation.Hold o => [(o.Id.ToString(), o.User, 0L)],
            // Of one lot it may happen again, when a hold on it has lapsed: its source is the answer's own.
            Operation.Expire o => [($"expire:{Guid.NewGuid()}", o.User, long.Parse(t.Answer.Split(',')[0], CultureInfo.InvariantCulture))],
            _ => Array.Empty<(string, string, long)>(),
        }
        select h;

    /// <summary>The entries by their numbers are one order in which the model, asked for the same, ends where the ledger did.</summary>
    private static async Task StoryIsTheModelsAsync(Journey journey, NpgsqlDataSource database, Operations operations, List<(Operation Operation, string Answer)> told)
    {
        var asked = new Dictionary<string, Operation>();
        foreach (var (operation, answer) in told)
        {
            foreach (var (source, _, _) in Happened([(operation, answer)]))
                asked[source] = operation is Operation.Give give ? new Operation.Give([give.Gifts.First(g => g.Source == source)]) : operation;
        }

        // A lot is as old as its number, which it draws before its grant waits for the account.
        var ages = (await journey.RowsAsync<(string Source, long Id)>("SELECT source, id FROM credit_lots WHERE user_id = ANY (@Users)", operations)).ToDictionary(l => l.Source, l => l.Id);
        var model = new Model(TimeProvider.System.GetUtcNow().UtcDateTime, ages);
        foreach (var (source, balance) in await journey.RowsAsync<(string, long)>(
            "SELECT source, balance_after FROM credit_entries WHERE user_id = ANY (@Users) AND kind <> 'repay' ORDER BY id", operations))
            model.Apply(asked[source]).Split(' ')[^1].ShouldBe($"{balance}", $"the balance after {asked[source]}");
        await using var real = new Real(new UnitOfWork(database));
        var (ends, expected) = (await real.StateAsync(operations), model.State());
        if (ends != expected) throw new ShouldAssertException($"The story does not end as the model's.\nexpected:\n{expected}\n\nfound:\n{ends}");
    }
}
