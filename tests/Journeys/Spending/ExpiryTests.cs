using BillingMonolith.Host.Jobs;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace BillingMonolith.Journeys.Spending;

/// <summary>What has had its time ends by itself, once, on however many hosts.</summary>
public sealed class ExpiryTests(Cluster cluster)
{
    [Fact]
    public async Task Two_hosts_end_every_lot_once_with_its_audit_row_and_leave_the_others()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        var journey = hosts.Journey;
        for (var i = 0; i < 40; i++) await journey.GiveAsync(10 + i, $"ended-{i}", ends: $"-{i + 1} seconds", userId: $"user-{i % 20}");
        await journey.GiveAsync(5, "lives", ends: "1 day", userId: "user-0");
        await journey.GiveAsync(7, "disputed", ends: "-1 day", userId: "user-1");
        await journey.ExecuteAsync("SELECT credit_freeze('user-1', 'disputed', true)");

        await Task.WhenAll(SweepAsync(hosts.First), SweepAsync(hosts.Second));

        (await journey.LotsAsync()).Where(l => !l.StartsWith("ended-", StringComparison.Ordinal)).ShouldBe(["lives 5", "disputed 7"]);
        (await journey.CountAsync("credit_entries WHERE kind = 'expire'")).ShouldBe(40);
        (await journey.CountAsync("""
            audit_logs a JOIN credit_entries e ON a.resource_id = e.id::text JOIN credit_lots l ON e.lots = ARRAY[l.id]
            WHERE a.action = 'credit.expire' AND a.resource_type = 'transaction' AND a.user_id = e.user_id AND a.username IS NULL AND a.result = 'success'
              AND (a.metadata->>'credits')::bigint = -l.amount AND a.metadata->>'lot' = l.source
            """)).ShouldBe(40);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_host_does_it_by_itself()
    {
        await using var journey = await Wallet.StartAsync(cluster, hosts: 0);
        await journey.GiveAsync(10, "ended", ends: "-1 day");
        await journey.World.StartHostAsync();
        await Journey.UntilAsync(async () => await journey.BalanceAsync(Journey.Ada.Id) == 0, "the ended lot is swept");
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_hold_whose_time_is_over_goes_first_and_what_it_held_ends_too()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        await hosts.Journey.GiveAsync(10, "ended", ends: "1 day");
        await hosts.Journey.GiveAsync(10, "held", ends: "1 day", userId: Journey.Grace.Id);
        await hosts.Journey.ExecuteAsync("""
            SELECT credit_hold('019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5e', @Ada, 4, interval '1 second', 'r', NULL), credit_hold('019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5f', @Grace, 4, interval '1 hour', 'r', NULL);
            UPDATE credit_reservations SET expires_at = now() WHERE user_id = @Ada;
            UPDATE credit_lots SET expires_at = now();
            """, new { Ada = Journey.Ada.Id, Grace = Journey.Grace.Id });
        await Task.WhenAll(SweepAsync(hosts.First), SweepAsync(hosts.Second));
        (await hosts.Journey.LotsAsync()).ShouldBe(["ended 0", "held 4"], "what is held for somebody stays until he has decided");
        (await hosts.Journey.RowsAsync<string>("SELECT state FROM credit_reservations ORDER BY id")).ShouldBe(["expired", "held"]);
        (await hosts.Journey.CountAsync("credit_entries WHERE kind = 'expire'")).ShouldBe(2);
        await Oracles.HoldAsync(hosts.Journey);
    }

    [Fact]
    public async Task A_user_for_whom_it_fails_stops_nobody_elses_and_is_tried_again()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        foreach (var user in (string[])["a", "broken", "z"]) await hosts.Journey.GiveAsync(10, user, ends: "-1 day", userId: user);
        await hosts.Journey.ExecuteAsync("ALTER TABLE credit_entries ADD CONSTRAINT for_now CHECK (user_id <> 'broken' OR kind <> 'expire')");
        await SweepAsync(hosts.First);
        (await hosts.Journey.LotsAsync()).ShouldBe(["a 0", "broken 10", "z 0"]);
        await hosts.Journey.ExecuteAsync("ALTER TABLE credit_entries DROP CONSTRAINT for_now");
        await SweepAsync(hosts.Second);
        (await hosts.Journey.LotsAsync()).ShouldBe(["a 0", "broken 0", "z 0"]);
        await Oracles.HoldAsync(hosts.Journey);
    }

    private static Task SweepAsync(WebApplication host) => ActivatorUtilities.CreateInstance<Expiry>(host.Services).SweepAsync(CancellationToken.None);
}
