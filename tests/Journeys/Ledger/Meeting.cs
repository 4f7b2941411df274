using BillingMonolith.Journeys.Kit;
using BillingMonolith.SharedKernel;
using Dapper;
using Npgsql;

namespace BillingMonolith.Journeys.Ledger;

/// <summary>
/// Two sets of grants that name the same two sources in opposite orders, and are made to meet: none writes its second row before the other has its first,
/// or waits for it.
/// </summary>
internal static class Meeting
{
    private const long Gate = 20_261_130;

    /// <summary>What went wrong; null = both were answered, and every source was granted once.</summary>
    /// <param name="journey">Its database.</param>
    /// <param name="name">Of the sources: new ones each time.</param>
    public static async Task<string?> FaultAsync(Journey journey, string name)
    {
        await journey.ExecuteAsync($"""
            CREATE OR REPLACE FUNCTION wait_at_the_second_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              IF current_setting('meeting.has_one', true) = 'yes' THEN PERFORM pg_advisory_xact_lock_shared({Gate}); END IF;
              PERFORM set_config('meeting.has_one', 'yes', true);
              RETURN NEW;
            END $$;
            CREATE OR REPLACE TRIGGER wait_at_the_second_row BEFORE INSERT ON credit_lots FOR EACH ROW EXECUTE FUNCTION wait_at_the_second_row();
            """);
        await using var gate = await journey.Db.OpenConnectionAsync();
        await gate.ExecuteAsync($"SELECT pg_advisory_lock({Gate})");
        await using var database = Real.Connect(journey.World.ConnectionString, connections: 2);
        Gift[] gifts = [new($"{name}:1", "meeting", 10, 50, Ends: null), new($"{name}:2", "meeting", 10, 50, Ends: null)];
        Task[] sets = [GiveAsync(database, gifts), GiveAsync(database, [.. gifts.Reverse()])];
        await Journey.UntilAsync(async () => await journey.CountAsync("(SELECT DISTINCT pid FROM pg_locks WHERE NOT granted AND pid IN "
            + "(SELECT pid FROM pg_stat_activity WHERE datname = current_database())) waiting") == 2, "both wait");
        await gate.ExecuteAsync($"SELECT pg_advisory_unlock({Gate})");
        try
        {
            await Task.WhenAll(sets);
            (await journey.CountAsync("credit_lots WHERE source = ANY (@sources)", new { sources = gifts.Select(g => g.Source).ToArray() })).ShouldBe(2);
            await Oracles.LedgerAddsUpAsync(journey);
            return null;
        }
        catch (PostgresException fault)
        {
            return fault.Message;
        }
    }

    private static async Task GiveAsync(NpgsqlDataSource database, Gift[] gifts)
    {
        await using var real = new Real(new UnitOfWork(database));
        await real.ApplyAsync(new Operation.Give(gifts), goesOn: false);
        await real.CommitAsync();
    }
}
