using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Crashes;

/// <summary>The version before and this one work side by side on one database. <c>.ci/long upgrade</c> builds the other; without it these skip.</summary>
public sealed class UpgradeTests(Cluster cluster)
{
    private const string Unknown = "billing.mirror-subscription";
    private static readonly string? Before = Environment.GetEnvironmentVariable("BILLING_PREVIOUS_HOST");

    [Fact]
    public async Task Hosts_of_both_versions_carry_out_everything_once_and_leave_what_neither_knows()
    {
        if (Before is null) Assert.Skip("Only .ci/long upgrade builds the version before (BILLING_PREVIOUS_HOST).");
        await using var journey = await Journey.StartAsync(cluster);
        await using var old = await HostProcess.StartAsync(journey.World.Settings, TestContext.Current.CancellationToken, Before);
        var people = Enumerable.Range(0, 20).Select(i => Crowd.Person(journey.World, $"upgraded-{i}")).ToList();
        var bought = people.SelectMany(p => (Bought[])[Crowd.Plan(journey.World, p), Crowd.Pack(journey.World, p)]).ToList();
        string[] hosts = [journey.World.Host.Url, old.Url];

        await Task.WhenAll(bought.Select((b, i) => Crowd.PostAsync(journey, b, hosts[i % 2])));
        await journey.SettleAsync(Crowd.Patience(bought.Count));
        (await journey.CountAsync("inbox_steps WHERE outcome <> 'done'")).ShouldBe(0);
        foreach (var person in people)
        {
            journey.TierOf(person.Id).ShouldBe("professional");
            journey.World.Lago.Subscriptions(person.Id).Count.ShouldBe(1);
        }

        // Each version leaves a kind that it does not know, and nothing that it knows waits for that.
        await journey.ExecuteAsync(
            "INSERT INTO inbox_steps (event_id, command, lane) VALUES (@EventId, @Unknown, 'remote')", new { bought[0].EventId, Unknown });
        journey.World.Host.Kill();
        var later = Crowd.Plan(journey.World, Journey.Ada);
        await Crowd.PostAsync(journey, later, old.Url);
        await Journey.UntilAsync(() => journey.TierOf(Journey.Ada.Id) == "professional", "the version before goes on alone");
        (await journey.RowsAsync<(string?, int)>("SELECT outcome, attempts FROM inbox_steps WHERE command = @Unknown", new { Unknown })).ShouldBe([(null, 0)]);
        await journey.ExecuteAsync("DELETE FROM inbox_steps WHERE command = @Unknown", new { Unknown });
        await Oracles.HoldAsync(journey);
    }
}
