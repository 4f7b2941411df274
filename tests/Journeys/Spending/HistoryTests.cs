using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Spending;

/// <summary>What a user has and how it came to be, as he reads it.</summary>
public sealed class HistoryTests(Cluster cluster)
{
    [Fact]
    public async Task A_balance_says_what_of_it_can_be_spent_and_when_it_ends()
    {
        await using var journey = await Wallet.StartAsync(cluster);
        var (host, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));
        var nothing = await host.BalancePageAsync(ada);
        nothing.Json.EnumerateObject().Select(m => m.Name).ShouldBe(
            ["user_id", "balance", "reserved", "available", "frozen", "debt", "expiring_soon", "next_expiry_at", "tier", "low_balance", "last_updated"]);
        (nothing.Text("user_id"), nothing.Number("balance"), nothing.Number("available"), nothing.Text("tier"), nothing.Text("last_updated")).ShouldBe((Journey.Ada.Id, 0, 0, "free", null));

        await journey.GiveAsync(1000, "purchase");
        await journey.GiveAsync(60, "allowance", priority: 10, ends: "6 days");
        await journey.GiveAsync(30, "later", ends: "8 days");
        await journey.GiveAsync(7, "ended", ends: "-1 second");
        await journey.GiveAsync(200, "disputed");
        await journey.ExecuteAsync("SELECT credit_freeze(@Id, 'disputed', true)", Journey.Ada);
        await host.ReserveAsync(ada, 25, "k-1");
        await journey.ExecuteAsync("""
            INSERT INTO identity_subscriptions (subscription_id, user_id, customer_id, tier_id, status, as_of, as_of_rank)
            VALUES ('sub_1', @Id, 'cus_1', 'professional', 'past_due', now(), 1), ('sub_2', @Id, 'cus_1', 'starter', 'canceled', now(), 1)
            """, Journey.Ada);

        var page = await host.BalancePageAsync(ada);
        (page.Number("balance"), page.Number("reserved"), page.Number("available"), page.Number("frozen"), page.Number("debt"), page.Number("expiring_soon"))
            .ShouldBe((1297, 25, 1065, 200, 0, 35), page.Body);
        page.Json.GetProperty("next_expiry_at").GetDateTime().ShouldBe(
            await journey.ScalarAsync<DateTime>("SELECT expires_at FROM credit_lots WHERE source = 'allowance'"), TimeSpan.FromMilliseconds(1));
        (page.Text("tier"), page.Json.GetProperty("low_balance").GetBoolean()).ShouldBe(("professional", false));

        await journey.ExecuteAsync("SELECT credit_claw_back(@Id, 'disputed', 1400, 'refund', 'refund')", Journey.Ada);
        (await host.BalancePageAsync(ada)).Number("available").ShouldBe(0, "who owes has nothing to spend");
        await Oracles.LedgerAddsUpAsync(journey);
    }

    [Fact]
    public async Task Pages_of_transactions_have_every_entry_once_while_others_are_added()
    {
        await using var journey = await Wallet.StartAsync(cluster);
        await journey.GiveAsync(1000);
        await journey.GiveAsync(1000, "grace", userId: Journey.Grace.Id);
        var (host, ada, grace) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer), journey.TokenOf(DemoUsers.Grace));
        for (var i = 0; i < 20; i++) await Task.WhenAll(host.SpendAsync(ada, i + 1, $"k-{i}"), host.SpendAsync(grace, 1, $"k-{i}"));
        var before = await journey.RowsAsync<long>("SELECT id FROM credit_entries WHERE user_id = @Id ORDER BY id DESC", Journey.Ada);

        var (seen, balances, cursor, pages) = (new List<long>(), new List<long>(), (string?)null, 0);
        do
        {
            var page = await host.GetAsync($"{Wallet.Root}/transactions?limit=4" + (cursor is null ? "" : $"&cursor={cursor}"), ada);
            page.Status.ShouldBe(200, page.Body);
            foreach (var row in page.Json.GetProperty("transactions").EnumerateArray())
            {
                seen.Add(row.GetProperty("id").GetInt64());
                balances.Add(row.GetProperty("balance_after").GetInt64());
            }

            cursor = page.Text("next_cursor");
            await host.SpendAsync(ada, 1, $"meanwhile-{pages++}");
        }
        while (cursor is not null);

        seen.ShouldBe(before, "all that was there when the reading began, once, and nothing else");
        balances[^1].ShouldBe(1000);
        balances[0].ShouldBe(1000 - 210);
        var latest = await host.GetAsync($"{Wallet.Root}/transactions?limit=1&offset={pages}", ada);
        latest.Json.GetProperty("transactions")[0].GetProperty("id").GetInt64().ShouldBe(before[0]);
        latest.Json.GetProperty("transactions")[0].EnumerateObject().Select(m => m.Name).ShouldBe(
            ["id", "kind", "amount", "balance_after", "debt", "debt_after", "reason", "reference", "source", "created_at"]);
        foreach (var wrong in (string[])["limit=0", "limit=201", "limit=x", "offset=-1", "offset=100001", "cursor=forged"])
            (await host.GetAsync($"{Wallet.Root}/transactions?{wrong}", ada)).Error().ShouldBe("invalid-input", wrong);
        await Oracles.HoldAsync(journey);
    }
}
