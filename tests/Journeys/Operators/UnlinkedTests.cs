using System.Text.Json;
using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Operators;

/// <summary>Payments that belong to nobody yet: an operator finds them, sees who it might be, says it, and they go on by themselves.</summary>
public sealed class UnlinkedTests(Cluster cluster)
{
    private const string List = "/api/v1/admin/unlinked-payments";

    [Fact]
    public async Task A_plan_of_nobody_is_listed_with_candidates_and_linked_by_one_of_two_operators_at_once()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new(Shopping.Unlimited));
        var stripe = journey.World.Stripe;
        var (host, token) = (journey.World.Host, journey.TokenOf(DemoUsers.Operator));
        var session = journey.OpenAnonymousPlan(DemoUsers.Unverified.Email!);
        stripe.Pay(session, new StripeBuyer(DemoUsers.Unverified.Email!, "Grace Hopper"));
        await journey.SettleAsync();
        var (customer, subscription) = ((string)stripe.Read(session)["customer"]!, stripe.SubscriptionOf(session));

        var all = Payments(await host.GetAsync(List, token));
        all.Count.ShouldBe(4, "created, invoiced (twice), checked out: one row per event");
        all.ShouldAllBe(p => p.GetProperty("customer_id").GetString() == customer && p.GetProperty("subscription_id").GetString() == subscription);
        var sold = all.Single(p => p.GetProperty("session_id").GetString() == session);
        (sold.GetProperty("amount_minor").GetInt64(), sold.GetProperty("currency").GetString(), sold.GetProperty("email").GetString())
            .ShouldBe((4900, "usd", "u…@example.com"));
        (await PagesAsync(host, token)).ShouldBe(all.ConvertAll(p => p.GetProperty("event_id").GetString()));

        foreach (var id in (string[])[customer, sold.GetProperty("event_id").GetString()!])
        {
            var found = (await host.GetAsync($"{List}/{id}/candidates", token)).Json;
            (found.GetProperty("customer_id").GetString(), found.GetProperty("email").GetString(), found.GetProperty("name").GetString())
                .ShouldBe((customer, DemoUsers.Unverified.Email, "Grace Hopper"));
            found.GetProperty("candidates").EnumerateArray().Select(c => $"{c.GetProperty("user_id")} {string.Join(' ', c.GetProperty("why").EnumerateArray())}")
                .ShouldBe([$"{DemoUsers.Unverified.Id} email-unverified", $"{DemoUsers.Grace.Id} same-name"]);
        }

        (await host.GetAsync($"{List}/evt_unknown/candidates", token)).Error().ShouldBe("payment-not-found");
        (await LinkAsync(host, token, customer, "nobody-at-all")).Error().ShouldBe("user-not-found");

        var links = await Task.WhenAll(
            LinkAsync(host, token, customer, Journey.Ada.Id), LinkAsync(host, token, sold.GetProperty("event_id").GetString()!, Journey.Grace.Id));
        links.Select(l => l.Status).Order().ShouldBe([200, 409]);
        var (winner, loser) = links[0].Status == 200 ? (Journey.Ada, Journey.Grace) : (Journey.Grace, Journey.Ada);
        links.Single(l => l.Status == 409).Error().ShouldBe("customer-linked");
        (await LinkAsync(host, token, customer, winner.Id)).Status.ShouldBe(200, "the same link again");
        await journey.SettleAsync();

        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked' OR waits_for IS NOT NULL")).ShouldBe(0, "no replay was needed");
        (journey.TierOf(winner.Id), journey.TierOf(loser.Id)).ShouldBe(("professional", null));
        journey.World.Lago.Subscriptions(winner.Id).Single().PlanCode.ShouldBe("professional");
        (await journey.BalanceAsync(winner.Id)).ShouldBe(60);
        Payments(await host.GetAsync(List, token)).ShouldBeEmpty();
        (await journey.RowsAsync<string>("SELECT username || ' ' || resource_id FROM audit_logs WHERE action = 'customer.linked'")).ShouldBe([$"operator {customer}"]);
        (await journey.AuditedAsync("webhook.replayed")).ShouldBe(4);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_pack_of_a_guest_goes_to_whom_its_session_is_linked_and_never_to_a_mere_address()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new(Shopping.Unlimited));
        var stripe = journey.World.Stripe;
        var (guest, abandoned) = (OpenGuestPack(journey), OpenGuestPack(journey));
        stripe.Pay(guest, new StripeBuyer(Journey.Grace.Email, Journey.Grace.Name));
        stripe.Expire(abandoned);
        await journey.SettleAsync();
        stripe.Read(guest)["customer"].ShouldBeNull("a guest has none");
        var completed = journey.EventOf(Buying.Completed, guest);

        (await journey.ReasonAsync(completed))!.ShouldContain($"Unlinked payment: The payment names no user, no linked customer and no e-mail address. Say whose it is: link {guest}");
        (await journey.BalanceAsync(Journey.Grace.Id)).ShouldBe(0, "she has proved the address, and yet anybody could have typed it");
        (await journey.CountAsync("inbox_event_states WHERE type = 'checkout.session.expired' AND state = 'ignored'")).ShouldBe(1, "nobody paid");

        var (host, token) = (journey.World.Host, journey.TokenOf(DemoUsers.Operator));
        var candidates = (await host.GetAsync($"{List}/{completed}/candidates", token)).Json;
        candidates.GetProperty("candidates")[0].GetProperty("why").EnumerateArray().Select(w => w.GetString()).ShouldBe(["email-verified", "same-name"]);
        (await LinkAsync(host, token, completed, Journey.Grace.Id)).Json.GetProperty("customer_id").GetString().ShouldBe(guest);
        (await LinkAsync(host, token, guest, Journey.Ada.Id)).Error().ShouldBe("customer-linked");
        await journey.SettleAsync();

        (await journey.BalanceAsync(Journey.Grace.Id)).ShouldBe(1000);
        (await journey.StateAsync(completed)).ShouldBe("done");
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_payment_that_names_a_user_whom_keycloak_lacks_gives_him_nothing_anywhere()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var nobody = new ShopUser("3f0d7a52-0000-4000-8000-000000000000", "No Body", "nobody@example.com");
        var subscription = journey.BuyPlan(nobody, "professional");
        await journey.SettleAsync();
        (await journey.RowsAsync<string>("SELECT DISTINCT outcome FROM inbox_steps WHERE command <> 'route'")).ShouldBe(["parked"]);
        journey.World.Lago.Customers.ShouldBeEmpty();
        (await journey.CountAsync("credit_lots")).ShouldBe(0);

        var customer = (string)journey.World.Stripe.Read(subscription)["customer"]!;
        await using var command = HostProcess.Launch(journey.World.Settings, ["link", customer, Journey.Ada.Id]);
        (await command.WaitForExitAsync(TestContext.Current.CancellationToken)).ShouldBe(0, string.Join('\n', command.Log));
        await journey.SettleAsync();
        (journey.TierOf(Journey.Ada.Id), await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(("professional", 60));
        journey.World.Lago.Customers.Single().ExternalId.ShouldBe(Journey.Ada.Id);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_payment_that_can_no_longer_be_read_is_listed_and_hides_no_other()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new(Shopping.Unlimited));
        var (odd, plain) = (OpenGuestPack(journey), OpenGuestPack(journey));
        foreach (var session in (string[])[odd, plain]) journey.World.Stripe.Pay(session, new StripeBuyer(Journey.Grace.Email, Journey.Grace.Name));
        await journey.SettleAsync();
        var unread = journey.EventOf(Buying.Completed, odd);
        await journey.ExecuteAsync(
            "UPDATE inbox_events SET payload = convert_to(replace(convert_from(payload, 'UTF8'), '\"mode\"', '\"mood\"'), 'UTF8') WHERE id = @unread",
            new { unread });

        var listed = Payments(await journey.World.Host.GetAsync(List, journey.TokenOf(DemoUsers.Operator)));
        var (first, second) = (listed.Single(p => p.GetProperty("event_id").GetString() == unread), listed.Single(p => p.GetProperty("event_id").GetString() != unread));
        (first.GetProperty("customer_id").GetString(), first.GetProperty("created").ValueKind).ShouldBe((odd, JsonValueKind.Null));
        first.GetProperty("reason").GetString()!.ShouldEndWith("The event cannot be read: data.object.mode is missing.");
        second.GetProperty("session_id").GetString().ShouldBe(plain);
    }

    private static string OpenGuestPack(Journey journey) => journey.World.Stripe.Open(
        "mode=payment&line_items[0][quantity]=1&line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=1000"
        + "&line_items[0][price_data][product_data][name]=Pack&success_url=https://shop.example/thanks&metadata[package_code]=starter");

    private static List<JsonElement> Payments(Page page)
    {
        page.Status.ShouldBe(200, page.Body);
        return [.. page.Json.GetProperty("payments").EnumerateArray()];
    }

    private static async Task<List<string?>> PagesAsync(HostProcess host, string token)
    {
        var ids = new List<string?>();
        for (string? cursor = null; ;)
        {
            var page = await host.GetAsync($"{List}?limit=1{(cursor is null ? "" : $"&cursor={cursor}")}", token);
            ids.AddRange(Payments(page).ConvertAll(p => p.GetProperty("event_id").GetString()));
            if ((cursor = page.Json.GetProperty("next_cursor").GetString()) is null) return ids;
        }
    }

    private static Task<Page> LinkAsync(HostProcess host, string token, string id, string userId) =>
        host.PostAsync($"{List}/{id}/link", $$"""{"user_id":"{{userId}}"}""", token);
}
