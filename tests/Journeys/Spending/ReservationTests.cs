using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Spending;

/// <summary>What is held cannot be spent twice, is spent in part or in full, let go, or runs out.</summary>
public sealed class ReservationTests(Cluster cluster)
{
    [Fact]
    public async Task Held_credits_are_spent_in_part_and_the_rest_is_free_again()
    {
        await using var journey = await Wallet.StartAsync(cluster);
        await journey.GiveAsync(60, "first", priority: 10);
        await journey.GiveAsync(40, "second");
        var (host, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));

        var held = await host.ReserveAsync(ada, 70, "k-1");
        held.Status.ShouldBe(201, held.Body);
        held.Headers["Location"].ShouldBe($"{Wallet.Reservations}/{held.Text("id")}");
        (held.Text("state"), held.Number("balance"), held.Number("available")).ShouldBe(("held", 100, 30));
        (await host.ReserveAsync(ada, 70, "k-1")).Body.ShouldBe(held.Body, "a repeat");
        (await host.SpendAsync(ada, 31, "k-2")).Error().ShouldBe("insufficient-credits");
        (await host.ReserveAsync(ada, 31, "k-3")).Status.ShouldBe(402);
        (await host.SpendAsync(ada, 30, "k-4")).Status.ShouldBe(200);

        var id = held.Text("id")!;
        var over = await host.CommitAsync(ada, id, "k-5", amount: 71);
        (over.Status, over.Error()).ShouldBe((422, "exceeds-reservation"));
        (await host.CommitAsync(ada, id, "k-5", amount: 0)).Status.ShouldBe(400);
        (await host.GetAsync($"{Wallet.Reservations}/{id}", ada)).Text("state").ShouldBe("held", "refused commits change nothing");

        var committed = await host.CommitAsync(ada, id, "k-6", amount: 65);
        (committed.Text("state"), committed.Number("committed"), committed.Number("balance"), committed.Number("available")).ShouldBe(("committed", 65, 5, 5), committed.Body);
        (await host.CommitAsync(ada, id, "k-6", amount: 65)).Body.ShouldBe(committed.Body);
        foreach (var ended in (Page[])[await host.CommitAsync(ada, id, "k-7"), await host.ReleaseAsync(ada, id)])
        {
            (ended.Status, ended.Error()).ShouldBe((409, "reservation-ended"));
            ended.Text("detail")!.ShouldContain("committed");
        }

        (await journey.LotsAsync()).ShouldBe(["first 0", "second 5"]);
        (await journey.RowsAsync<string>("SELECT metadata->>'credits' || ' ' || (metadata->>'reference') FROM audit_logs WHERE metadata ? 'reservation'")).ShouldBe(["-65 job-1"]);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task One_of_twenty_who_commit_and_release_at_once_ends_it()
    {
        await using var journey = await Wallet.StartAsync(cluster, hosts: 2);
        await journey.GiveAsync(100);
        var ada = journey.TokenOf(DemoUsers.Buyer);
        var id = (await journey.World.Host.ReserveAsync(ada, 40, "k-1")).Text("id")!;
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => i % 4 == 3
            ? journey.World.Hosts[i % 2].ReleaseAsync(ada, id)
            : journey.World.Hosts[i % 2].CommitAsync(ada, id, $"c-{i}")));

        var commits = answers.Count(a => a.Status == 200 && a.Text("state") == "committed");
        var releases = answers.Count(a => a.Status == 200 && a.Text("state") == "released");
        (commits == 1 && releases == 0 || commits == 0 && releases == 5).ShouldBeTrue($"{commits} commits, {releases} releases");
        answers.Count(a => a.Status == 409).ShouldBe(20 - commits - releases);
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(commits == 1 ? 60 : 100);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_release_lets_go_of_all_and_again_changes_nothing()
    {
        await using var journey = await Wallet.StartAsync(cluster);
        await journey.GiveAsync(100);
        var (host, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));
        var id = (await host.ReserveAsync(ada, 40, "k-1")).Text("id")!;
        var released = await host.ReleaseAsync(ada, id);
        (released.Status, released.Text("state"), released.Number("available")).ShouldBe((200, "released", 100));
        (await host.ReleaseAsync(ada, id)).Body.ShouldBe(released.Body);
        (await host.CommitAsync(ada, id, "k-2")).Error().ShouldBe("reservation-ended");
        (await journey.CountAsync("credit_entries")).ShouldBe(1);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_hold_whose_time_is_over_holds_nothing_though_nobody_has_swept_it()
    {
        await using var journey = await Wallet.StartAsync(cluster);
        await journey.GiveAsync(100);
        var (host, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));
        var id = (await host.ReserveAsync(ada, 100, "k-1")).Text("id")!;
        (await host.BalancePageAsync(ada)).Number("available").ShouldBe(0);
        await journey.ExecuteAsync("UPDATE credit_reservations SET expires_at = now()");

        (await host.GetAsync($"{Wallet.Reservations}/{id}", ada)).Text("state").ShouldBe("expired");
        var balance = await host.BalancePageAsync(ada);
        (balance.Number("available"), balance.Number("reserved"), balance.Number("balance")).ShouldBe((100, 0, 100));
        var late = await host.CommitAsync(ada, id, "k-2");
        (late.Status, late.Error()).ShouldBe((409, "reservation-ended"));
        late.Text("detail")!.ShouldContain("expired");
        (await host.SpendAsync(ada, 100, "k-3")).Number("balance").ShouldBe(0);
        (await journey.ScalarAsync<string>("SELECT state FROM credit_reservations")).ShouldBe("expired");
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Somebody_elses_is_as_unknown_as_none_and_a_service_may_end_any()
    {
        await using var journey = await Wallet.StartAsync(cluster);
        await journey.GiveAsync(100);
        await journey.GiveAsync(100, "grace", userId: Journey.Grace.Id);
        var (host, grace) = (journey.World.Host, journey.TokenOf(DemoUsers.Grace));
        var id = (await host.ReserveAsync(journey.TokenOf(DemoUsers.Buyer), 40, "k-1")).Text("id")!;
        foreach (var unknown in (string[])[id, Guid.NewGuid().ToString()])
        {
            foreach (var page in (Page[])[await host.GetAsync($"{Wallet.Reservations}/{unknown}", grace), await host.CommitAsync(grace, unknown, "k-2"), await host.ReleaseAsync(grace, unknown)])
                (page.Status, page.Error()).ShouldBe((404, "reservation-not-found"), unknown);
        }

        (await host.ReleaseAsync(grace, "x")).Status.ShouldBe(404);
        (await host.CommitAsync(journey.World.Keycloak.ServiceTokenFor("crm"), id, "k-3", amount: 10)).Number("balance").ShouldBe(90);
        (await journey.BalanceAsync(Journey.Grace.Id)).ShouldBe(100);
        await Oracles.HoldAsync(journey);
    }
}
