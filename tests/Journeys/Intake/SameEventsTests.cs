using BillingMonolith.Inbox;
using BillingMonolith.Journeys.Kit;
using Npgsql;

namespace BillingMonolith.Journeys.Intake;

/// <summary>Stripe may send an event again while it is being stored, and to another host.</summary>
public sealed class SameEventsTests(Cluster cluster)
{
    private const int Events = 500;

    [Fact]
    public async Task Two_hosts_that_store_the_same_events_at_once_do_not_wait_for_each_other_in_a_circle()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        for (var round = 0; round < 10; round++)
        {
            var events = Enumerable.Range(0, Events).Select(i => new ReceivedEvent(
                new EventEnvelope($"evt_{round}_{i}", "charge.succeeded", DateTimeOffset.UnixEpoch, false, null, "event"), "{}"u8.ToArray(), false)).ToList();
            var there = events.Reverse<ReceivedEvent>().ToList();
            var stored = await Task.WhenAll(StoreAsync(journey.Db, events), StoreAsync(journey.Db, there));
            stored.Sum(s => s.Count).ShouldBe(Events);
        }
    }

    private static async Task<HashSet<string>> StoreAsync(NpgsqlDataSource database, List<ReceivedEvent> events)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await EventRows.InsertAsync(connection, events, planVersion: 0, timeoutSeconds: 30, CancellationToken.None);
    }
}
