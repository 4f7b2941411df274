using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox.Postgres;

namespace BillingMonolith.Journeys.Crashes;

/// <summary>The database goes and comes back; a notice of it is lost.</summary>
public sealed class DatabaseDownTests(Cluster cluster)
{
    private const int Senders = 4;

    [Fact]
    public async Task A_database_that_crashes_under_load_and_comes_back_loses_nothing_that_was_acknowledged()
    {
        await using var postgres = await PostgresRuns.StartAsync(settings: null, CancellationToken.None);
        await postgres.CreateDatabaseAsync("crash");
        await using var journey = await Journey.StartAsync(
            postgres.ConnectionString("crash"), "crash", settings: new() { ["Inbox__LeaseSeconds"] = "2", ["Inbox__PollSeconds"] = "1" });
        var acknowledged = new ConcurrentQueue<Bought>();
        var refused = new ConcurrentQueue<(Bought Bought, Answer Answer)>();
        using var end = new CancellationTokenSource();
        var load = Enumerable.Range(0, Senders).Select(_ => Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                var bought = Crowd.Pack(journey.World, Journey.Ada);
                var answer = await Crowd.PostAsync(journey, bought);
                if (answer.Status == HttpStatusCode.OK) acknowledged.Enqueue(bought);
                else refused.Enqueue((bought, answer));
            }
        })).ToList();
        await Journey.UntilAsync(() => acknowledged.Count > 50, "events come in");

        await postgres.StopImmediateAsync();
        await Journey.UntilAsync(() => refused.Count > 2 * Senders, "events are refused");
        await postgres.RestartAsync();
        var (watch, before) = (Stopwatch.StartNew(), acknowledged.Count);
        await Journey.UntilAsync(() => acknowledged.Count > before, "events are acknowledged again");
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
        await end.CancelAsync();
        await Task.WhenAll(load);

        refused.ShouldAllBe(r => r.Answer.Status == HttpStatusCode.ServiceUnavailable && r.Answer.RetryAfter != null);
        foreach (var (bought, _) in refused) (await Crowd.PostAsync(journey, bought)).Status.ShouldBe(HttpStatusCode.OK); // Stripe comes again
        journey.Db.Clear();
        await journey.SettleAsync();
        var stored = (await journey.RowsAsync<string>("SELECT id FROM inbox_events")).ToHashSet();
        acknowledged.Where(b => !stored.Contains(b.EventId)).ShouldBeEmpty("acknowledged, so stored");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe((long)Crowd.PackCredits * (acknowledged.Count + refused.Count));
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task An_event_whose_notice_is_lost_is_found_by_the_poll()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Inbox__PollSeconds"] = "1" });
        await Crowd.PostAsync(journey, Crowd.Pack(journey.World, Journey.Ada));
        await journey.SettleAsync();

        await journey.ScalarAsync<object>("ALTER TABLE inbox_steps DISABLE TRIGGER inbox_steps_ring"); // nobody is told
        await Crowd.PostAsync(journey, Crowd.Plan(journey.World, Journey.Ada));
        await journey.SettleAsync();
        journey.TierOf(Journey.Ada.Id).ShouldBe("professional");
    }

    [Fact]
    public async Task A_host_whose_listening_connection_is_ended_goes_on_and_listens_again()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Inbox__PollSeconds"] = "60" });
        const string listeners = "(SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %' OFFSET 0) l";
        Task<long> ListenersAsync() => journey.CountAsync(listeners);
        await Journey.UntilAsync(async () => await ListenersAsync() == 1, "the host listens");
        (await journey.CountAsync($"{listeners} WHERE pg_terminate_backend(pid)")).ShouldBe(1);

        await Crowd.PostAsync(journey, Crowd.Plan(journey.World, Journey.Ada));
        await journey.SettleAsync(); // well before the poll: who listens again looks at once
        (await ListenersAsync()).ShouldBe(1);
        journey.TierOf(Journey.Ada.Id).ShouldBe("professional");
    }
}
