using System.Text.Json;
using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Mailing;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;
using BillingMonolith.Sandbox.Webhooks;

namespace BillingMonolith.Journeys.Webhooks;

/// <summary>What happened is told to endpoints as Standard Webhooks has it: signed, again and again, and never at the cost of what happened.</summary>
public sealed class DeliveryTests(Cluster cluster)
{
    private const string Endpoints = "/api/v1/admin/webhook-endpoints";
    private static readonly Dictionary<string, string?> ShortLeases = new() { ["Inbox__LeaseSeconds"] = "2", ["Inbox__PollSeconds"] = "1" };

    [Fact]
    public async Task A_purchase_is_told_signed_again_after_failures_under_one_id_and_while_a_secret_is_rolled_with_two_signatures()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (host, receiver, admin) = (journey.World.Host, journey.World.Receiver, journey.TokenOf(DemoUsers.Admin));
        var endpoint = await Subscriber.AddAsync(journey.World, CancellationToken.None, "purchase.completed");
        (await journey.CountAsync("webhook_endpoints WHERE secret LIKE '%whsec_%'")).ShouldBe(0, "encrypted at rest");
        receiver.Add(new Fault(AtHook, 1) { Status = 500 });
        receiver.Add(new Fault(AtHook, 1) { Status = 302, Headers = { ["Location"] = $"{receiver.Url}/elsewhere" } });
        receiver.Add(new Fault(AtHook, 1) { ResetAfterApplying = true });
        var session = journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();

        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1000);
        receiver.Received.Count.ShouldBe(2, "the answer to the first that was taken was lost");
        receiver.Received.ShouldAllBe(r => r.IsAuthentic && r.Signatures.Split(' ', StringSplitOptions.None).Length == 1);
        receiver.Received.Select(r => (r.Id, r.Body)).Distinct().ShouldHaveSingleItem("the same message");
        receiver.Journal.ShouldNotContain(e => e.Path == "/elsewhere", "redirects are not followed");
        var told = receiver.Received[0].Json;
        told.EnumerateObject().Select(m => m.Name).ShouldBe(["type", "timestamp", "data"]);
        told.GetProperty("data").GetProperty("purchase_id").GetGuid().ShouldBe(await journey.ScalarAsync<Guid>("SELECT id FROM credit_purchases WHERE stripe_checkout_session_id = @session", new { session }));
        (await DeliveriesAsync(host, endpoint, admin)).ShouldBe([("purchase.completed", "sent", 4, 204)]);

        var rotated = (await host.PostAsync($"{Endpoints}/{endpoint}/rotate", json: null, admin)).Json;
        receiver.Trust(rotated.GetProperty("secret").GetString()!);
        (await host.PostAsync($"{Endpoints}/{endpoint}/test", json: null, admin)).Status.ShouldBe(200);
        await journey.SettleAsync();
        var both = receiver.Received[^1];
        (both.Type, both.Signatures.Split(' ').Length, both.By).ShouldBe(("webhook.test", 2, 2), "who has the old secret and who has the new one can verify it");
        await journey.ExecuteAsync("UPDATE webhook_endpoints SET old_secret_until = now() - interval '1 second'");
        var delivery = await journey.ScalarAsync<Guid>("SELECT id FROM outbox ORDER BY created_at LIMIT 1");
        (await host.PostAsync($"{Endpoints}/{endpoint}/deliveries/{delivery}/replay", json: null, admin)).Status.ShouldBe(200);
        (await host.PostAsync($"{Endpoints}/{Guid.Empty}/deliveries/{delivery}/replay", json: null, admin)).Error().ShouldBe("not-found");
        await journey.SettleAsync();
        var replayed = receiver.Received[^1];
        (replayed.Id, replayed.Body, replayed.By).ShouldBe((receiver.Received[0].Id, receiver.Received[0].Body, 1));
        replayed.Signatures.Split(' ').ShouldHaveSingleItem("a day later the new one alone");
        host.Log.ShouldAllBe(l => !l.Contains("whsec_", StringComparison.Ordinal));
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task An_endpoint_that_is_gone_or_fails_for_days_is_disabled_and_its_operator_hears_of_it()
    {
        await using var journey = await Mailbox.StartAsync(cluster, hosts: 1, ("Mail__OperatorAddress", "ops@example.com"));
        var (host, receiver, admin) = (journey.World.Host, journey.World.Receiver, journey.TokenOf(DemoUsers.Admin));
        var endpoint = await Subscriber.AddAsync(journey.World, CancellationToken.None);
        receiver.Add(new Fault(AtHook, 1) { Status = 410 });
        await TestAsync();
        (await StateAsync()).ShouldBe((false, "It answered 410 Gone: it wants no more."));
        (await host.PostAsync($"{Endpoints}/{endpoint}/test", json: null, admin)).Error().ShouldBe("endpoint-disabled");
        journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        receiver.Received.ShouldBeEmpty("nothing is written for it, either");

        await EnableAsync();
        receiver.Add(new Fault(AtHook, 2) { Status = 500 });
        await TestAsync();
        (await journey.CountAsync("webhook_endpoints WHERE failing_since IS NULL")).ShouldBe(1, "a delivery that was taken ends the failing");
        await journey.ExecuteAsync("UPDATE webhook_endpoints SET failing_since = now() - interval '4 days 23 hours'");
        receiver.Add(new Fault(AtHook, 1) { Status = 500 });
        await TestAsync();
        (await StateAsync()).ShouldBe((true, null));
        await journey.ExecuteAsync("UPDATE webhook_endpoints SET failing_since = now() - interval '5 days 1 hour'");
        receiver.Add(new Fault(AtHook, 1) { Status = 500 });
        await TestAsync();
        (await StateAsync()).ShouldBe((false, "For 5 days every delivery failed. The last: The endpoint answered 500."));
        (await journey.AuditedAsync("webhook_endpoint.disabled")).ShouldBe(2);
        journey.Mails().Count(m => m.Recipients.Contains("ops@example.com") && m.Subject == "A webhook endpoint was disabled").ShouldBe(2);

        var parked = await journey.ScalarAsync<Guid>("SELECT id FROM outbox WHERE kind = 'webhook' AND parked_at IS NOT NULL ORDER BY created_at DESC LIMIT 1");
        (await host.PostAsync($"/api/v1/admin/outbox/{parked}/retry", json: null, admin)).Error().ShouldBe("endpoint-disabled");
        await EnableAsync();
        (await host.PostAsync($"/api/v1/admin/outbox/{parked}/retry", json: null, admin)).Status.ShouldBe(200);
        await journey.SettleAsync();
        (await journey.CountAsync("outbox WHERE id = @parked AND sent_at IS NOT NULL", new { parked })).ShouldBe(1);
        (await ApiCalls.CallAsync(HttpMethod.Delete, $"{host.Url}{Endpoints}/{endpoint}", content: null, admin)).Status.ShouldBe(204);
        (await host.GetAsync(Endpoints, admin)).Json.GetProperty("endpoints").GetArrayLength().ShouldBe(0);
        await Oracles.HoldAsync(journey);

        async Task TestAsync()
        {
            (await host.PostAsync($"{Endpoints}/{endpoint}/test", json: null, admin)).Status.ShouldBe(200);
            await journey.SettleAsync();
        }

        async Task EnableAsync() => (await ApiCalls.CallAsync(HttpMethod.Put, $"{host.Url}{Endpoints}/{endpoint}",
            SignedIn.Json($$"""{"url":"{{receiver.Hook}}","event_types":[]}"""), admin)).Status.ShouldBe(200);

        async Task<(bool, string?)> StateAsync() => (await journey.RowsAsync<(bool, string?)>("SELECT enabled, disabled_reason FROM webhook_endpoints")).Single();
    }

    [Fact]
    public async Task A_host_that_is_killed_before_it_heard_the_answer_tells_it_again_under_the_same_id()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1, ShortLeases);
        var receiver = journey.World.Receiver;
        await Subscriber.AddAsync(journey.World, CancellationToken.None);
        receiver.AnswerTakes = TimeSpan.FromMinutes(1);
        journey.BuyPack(Journey.Ada, "starter");
        await Journey.UntilAsync(() => receiver.Received.Count == 1, "the receiver has it, and has not said so");
        journey.World.Host.Kill();
        receiver.AnswerTakes = TimeSpan.Zero;
        await journey.World.StartHostAsync();
        await journey.SettleAsync();
        receiver.Received.Count.ShouldBe(2);
        receiver.Received.Select(r => (r.Id, r.Body)).Distinct().ShouldHaveSingleItem();
        (await journey.RowsAsync<int>("SELECT attempts FROM outbox")).ShouldBe([2]);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Without_leave_no_webhook_goes_to_a_private_network_whatever_its_name()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 1);
        var (receiver, admin) = (journey.World.Receiver, journey.TokenOf(DemoUsers.Admin));
        await Subscriber.AddAsync(journey.World, CancellationToken.None);
        journey.World.Host.Kill();
        var host = await journey.World.StartHostAsync(new Dictionary<string, string?> { ["Webhooks__AllowPrivateNetworks"] = "false" });
        foreach (var url in (string[])["http://example.com/hook", "https://10.0.0.1/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://[fd00::1]/", "https://169.254.169.254/latest",
            "https://[::ffff:10.0.0.1]/", "https://user:pass@example.com/", "https://example.com/#x", "ftp://example.com", "javascript:alert(1)", "/relative"])
        {
            var refused = await host.PostAsync(Endpoints, JsonSerializer.Serialize(new { url, event_types = Array.Empty<string>() }), admin);
            (refused.Status, refused.Error()).ShouldBe((400, "invalid-input"), url);
            refused.Body.ShouldContain("\"url\"");
        }

        (await host.PostAsync(Endpoints, """{"url":"https://example.com/","event_types":["order.eaten"]}""", admin)).Error().ShouldBe("invalid-input");
        journey.BuyPack(Journey.Ada, "starter"); // the endpoint that was allowed before leads here
        await Journey.UntilAsync(async () => await journey.CountAsync("outbox WHERE last_error LIKE '%no address in the public internet%'") == 1, "it is refused when it is connected to");
        receiver.Journal.ShouldBeEmpty();
    }

    private static bool AtHook(Microsoft.AspNetCore.Http.HttpRequest request) => request.Path == "/hook";

    private static async Task<List<(string, string, int, int?)>> DeliveriesAsync(HostProcess host, Guid endpoint, string token) =>
        [.. (await host.GetAsync($"{Endpoints}/{endpoint}/deliveries", token)).Json.GetProperty("outbox").EnumerateArray().Select(d =>
            (d.GetProperty("what").GetString()!, d.GetProperty("state").GetString()!, d.GetProperty("attempts").GetInt32(), (int?)d.GetProperty("status").GetInt32()))];
}
