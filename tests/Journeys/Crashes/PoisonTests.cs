using System.Net;
using System.Security.Cryptography;
using System.Text;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Crashes;

/// <summary>An event that cannot be carried out waits for a person, visibly, and holds nobody else up.</summary>
public sealed class PoisonTests(Cluster cluster)
{
    [Fact]
    public async Task An_event_that_fails_each_time_is_parked_after_the_last_try_and_its_siblings_and_others_pass()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Inbox__MaxAttempts"] = "3" });
        var unlucky = Crowd.Person(journey.World, "unlucky");
        journey.World.Lago.Add(new Fault(r => r.Path.ToString().Contains(unlucky.Id, StringComparison.Ordinal), int.MaxValue) { Status = 500, Body = "{}" });
        var poison = Crowd.Plan(journey.World, unlucky);
        foreach (var bought in (Bought[])[poison, Crowd.Plan(journey.World, Journey.Ada), Crowd.Pack(journey.World, Journey.Grace)])
            (await Crowd.PostAsync(journey, bought)).Status.ShouldBe(HttpStatusCode.OK);
        await journey.SettleAsync();

        (await StepsAsync(journey, poison.EventId)).Select(s => (s.Command, s.Outcome, s.Attempts))
            .ShouldBe([("billing.sync-subscription", "parked", 3), ("credits.grant-allowance", "done", 1), ("identity.set-tier", "done", 1), ("route", "done", 1)]);
        const string parked = "audit_logs WHERE action = 'webhook.parked' AND resource_id = @EventId AND error_message LIKE 'Gave up after 3 tries%500%'";
        (await journey.CountAsync(parked, poison)).ShouldBe(1);
        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked'")).ShouldBe(1);
        journey.World.Lago.Subscriptions(Journey.Ada.Id).Count.ShouldBe(1);
        (await journey.BalanceAsync(Journey.Grace.Id)).ShouldBe(Crowd.PackCredits);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_step_that_failed_is_tried_again_when_it_is_due_and_not_at_the_next_poll()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Inbox__PollSeconds"] = "60" });
        journey.World.Lago.Add(new Fault(_ => true, Times: 3) { Status = 500, Body = "{}" }); // a call and its own two repeats
        var bought = Crowd.Plan(journey.World, Journey.Ada);
        await Crowd.PostAsync(journey, bought);
        await journey.SettleAsync(); // its patience ends before the poll
        (await StepsAsync(journey, bought.EventId)).ShouldContain(("billing.sync-subscription", "done", 2));
    }

    [Fact]
    public async Task A_value_that_the_database_cannot_hold_parks_its_event_at_once_and_no_other()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (ada, grace) = (Journey.Ada, Journey.Grace);
        byte[][] poisons =
        [
            Changed(Crowd.Pack(journey.World, ada), "\"package_code\": \"starter\"", "\"package_code\": \"star\\u0000ter\""),
            Changed(Crowd.Pack(journey.World, ada), $"\"{ada.Id}\"", "\"us\\u0000er\""),
            Changed(Crowd.Plan(journey.World, ada), $"\"{ada.Id}\"", "\"us\\u0000er\""),
            Changed(Crowd.Pack(journey.World, ada), "\"package_code\": \"starter\"", "\"package_code\": \"\\ud800\""),
            Changed(Crowd.Plan(journey.World, ada), $"\"{ada.Id}\"", "\"\\udc00\""),
        ];
        var sound = Enumerable.Range(0, 5).Select(_ => Crowd.Pack(journey.World, grace)).ToList();
        foreach (var answer in await Task.WhenAll(poisons.Concat(sound.Select(s => s.Body)).Select(body => Crowd.PostAsync(journey, body))))
            answer.Status.ShouldBe(HttpStatusCode.OK);
        await journey.SettleAsync();

        (await journey.CountAsync("inbox_event_states WHERE state = 'parked'")).ShouldBe(poisons.Length);
        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked' AND attempts > 2")).ShouldBe(0, "waiting would not mend it");
        (await journey.BalanceAsync(grace.Id)).ShouldBe(5 * Crowd.PackCredits);
        (await journey.CountAsync("credit_lots")).ShouldBe(5);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task What_nobody_can_read_is_kept_under_a_stable_id_and_parked_and_a_repeat_is_known()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var amount = Crowd.Pack(journey.World, Journey.Ada);
        var twice = Crowd.Pack(journey.World, Journey.Ada);
        var keyTwice = Changed(twice, "\"amount_total\": 1000", "\"amount_total\": 1000, \"amount_total\": 1");
        string Head(string id) => $$"""{"id":"{{id}}","object":"event","type":"checkout.session.completed","created":1760000000,"livemode":false,"data":""";
        (byte[] Body, string? Id)[] cases =
        [
            (Encoding.UTF8.GetBytes(Head("evt_deep") + new string('[', 100_000) + new string(']', 100_000) + "}"), "evt_deep"),
            (keyTwice, twice.EventId),
            (Changed(amount, "\"amount_total\": 1000", "\"amount_total\": \"1000\""), amount.EventId),
            (Encoding.UTF8.GetBytes("""{"id":"evt_a","id":"evt_b","object":"event","type":"checkout.session.completed","created":1760000000}"""), null),
            (Encoding.UTF8.GetBytes("""{"object":"event","type":"checkout.session.completed","created":1760000000,"data":{}}"""), null),
            (Encoding.UTF8.GetBytes("""{"id":"evt_\u0000","object":"event","type":"checkout.session.completed","created":1760000000}"""), null),
            (Encoding.UTF8.GetBytes(Head("evt_cut")), null),
            (Encoding.UTF8.GetBytes("null"), null),
            (Encoding.UTF8.GetBytes("[]"), null),
            ([0xff, 0xfe, 0x00], null),
        ];
        foreach (var (body, id) in cases)
        {
            var expected = id ?? $"body_{Convert.ToHexStringLower(SHA256.HashData(body))}";
            (await Crowd.PostAsync(journey, body)).ShouldBe(new Answer(HttpStatusCode.OK, null, "success", expected));
            (await Crowd.PostAsync(journey, body)).ShouldBe(new Answer(HttpStatusCode.OK, null, "already_processed", expected));
        }

        await journey.SettleAsync();
        (await journey.CountAsync("inbox_event_states WHERE state = 'parked'")).ShouldBe(cases.Length);
        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked' AND last_error IS NULL")).ShouldBe(0, "the reason is for a person");
        (await journey.CountAsync("credit_lots")).ShouldBe(0);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task An_event_that_kills_its_process_each_time_is_parked_and_takes_nobody_with_it()
    {
        const int maxAttempts = 3;
        await using var journey = await Journey.StartAsync(cluster, settings: new()
        {
            ["Inbox__MaxAttempts"] = $"{maxAttempts}", ["Inbox__LeaseSeconds"] = "3", ["Inbox__PollSeconds"] = "1",
        });
        var deadly = Crowd.Person(journey.World, "deadly");
        var kills = new Fault(r => r.Path.ToString().Contains(deadly.Id, StringComparison.Ordinal), int.MaxValue) { Delay = TimeSpan.FromMinutes(1) };
        journey.World.Lago.Add(kills);
        journey.World.Lago.Add(new Fault(_ => true, int.MaxValue) { Delay = TimeSpan.FromSeconds(0.1) }); // the others are under way when it strikes
        var poison = Crowd.Plan(journey.World, deadly);
        var innocents = ((string[])["eve", "abel", "noah", "ruth", "job"]).Select(name => Crowd.Plan(journey.World, Crowd.Person(journey.World, name)))
            .Append(Crowd.Pack(journey.World, Journey.Ada)).ToList();
        foreach (var answer in await Task.WhenAll(innocents.Append(poison).Select(b => Crowd.PostAsync(journey, b)))) answer.Status.ShouldBe(HttpStatusCode.OK);

        var host = journey.World.Host;
        var deaths = 0;
        await Journey.UntilAsync(async () =>
        {
            if (kills.Struck > deaths)
            {
                host.Kill();
                deaths = kills.Struck;
                deaths.ShouldBeLessThanOrEqualTo(maxAttempts);
                host = await journey.World.StartHostAsync();
            }

            return await journey.CountAsync("inbox_steps WHERE outcome IS NULL") == 0;
        }, "every step ends");

        deaths.ShouldBe(maxAttempts);
        (await journey.RowsAsync<(string, string)>("SELECT event_id, command FROM inbox_steps WHERE outcome = 'parked'"))
            .ShouldBe([(poison.EventId, "billing.sync-subscription")]);
        (await journey.CountAsync("audit_logs WHERE action = 'webhook.parked' AND resource_id = @EventId", poison)).ShouldBe(1);
        foreach (var innocent in innocents)
            (await journey.ScalarAsync<string>("SELECT state FROM inbox_event_states WHERE id = @EventId", innocent)).ShouldBe("done");
        await Oracles.HoldAsync(journey);
    }

    private static async Task<List<(string Command, string Outcome, int Attempts)>> StepsAsync(Journey journey, string eventId) =>
        await journey.RowsAsync<(string, string, int)>(
            "SELECT command, outcome, attempts FROM inbox_steps WHERE event_id = @eventId ORDER BY command COLLATE \"C\"", new { eventId });

    private static byte[] Changed(Bought bought, string from, string to)
    {
        var text = Encoding.UTF8.GetString(bought.Body);
        text.ShouldContain(from);
        return Encoding.UTF8.GetBytes(text.Replace(from, to, StringComparison.Ordinal));
    }
}
