using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox.Keycloak;
using Dapper;

namespace BillingMonolith.Journeys.Purchases;

/// <summary>Between the row, Stripe and the answer anything can be lost: the same key goes on, and there is one session.</summary>
public sealed class LostAnswerTests(Cluster cluster)
{
    public static TheoryData<string> Faults => ["lost answer", "500", "429", "reset", "proxy"];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task With_Stripe_in_trouble_the_answer_is_503_and_the_same_key_goes_on_to_one_session(string fault)
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (host, ada) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer));
        var opening = Shopping.AtOpening(Shopping.AllTries);
        journey.World.Stripe.Add(fault switch
        {
            "lost answer" => opening with { ResetAfterApplying = true },
            "500" => opening with { Status = 500, Body = """{"error":{"type":"api_error"}}""" },
            "429" => opening with { Times = 1, Status = 429, Body = "{}", Headers = new() { ["Retry-After"] = "7" } },
            "reset" => opening with { ResetBefore = true },
            _ => opening with { Status = 502, Body = "<html>", ContentType = "text/html" },
        });
        var failed = await host.BuyAsync(ada, key: "k-1");
        (failed.Status, failed.Error()).ShouldBe((503, "unavailable"), failed.Body);
        failed.Headers["Retry-After"].ShouldBe(fault == "429" ? "7" : "5");
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', status, stripe_checkout_session_id) FROM credit_purchases")).ShouldBe(["pending"]);

        var opened = (await host.BuyAsync(ada, key: "k-1")).Opened();
        (await journey.AtStripeAsync("checkout/sessions")).Select(s => s.GetProperty("id").GetString()).ShouldBe([opened.SessionId]);
        (await journey.CountAsync("credit_purchases")).ShouldBe(1);
        (await journey.AtStripeAsync("customers")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_host_killed_before_Stripe_or_before_it_wrote_down_the_answer_leaves_a_purchase_that_goes_on()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, SignedIn.NoWorkers);
        var (first, second, ada) = (journey.World.Hosts[0], journey.World.Hosts[1], journey.TokenOf(DemoUsers.Buyer));
        var slow = Shopping.AtOpening(1) with { Delay = TimeSpan.FromSeconds(1) };
        journey.World.Stripe.Add(slow);
        var cut = Should.ThrowAsync<HttpRequestException>(() => first.BuyAsync(ada, key: "k-1"));
        await Journey.UntilAsync(() => slow.Struck == 1, "the host asks Stripe");

        // The answer comes and cannot be written down: the row is held until the host is dead.
        await using (var holder = await journey.Db.OpenConnectionAsync())
        {
            await using var transaction = await holder.BeginTransactionAsync();
            await holder.ExecuteAsync("SELECT FROM credit_purchases FOR UPDATE");
            await Journey.UntilAsync(async () => (await journey.AtStripeAsync("checkout/sessions")).Count == 1, "Stripe has opened the session");
            first.Kill();
            await cut;
        }

        (await journey.CountAsync("credit_purchases WHERE stripe_checkout_session_id IS NULL")).ShouldBe(1);
        var opened = (await second.BuyAsync(ada, key: "k-1")).Opened();
        (await journey.AtStripeAsync("checkout/sessions")).Single().GetProperty("id").GetString().ShouldBe(opened.SessionId);

        var never = Shopping.AtOpening(1) with { Delay = TimeSpan.FromMinutes(1) };
        journey.World.Stripe.Add(never);
        var third = await journey.World.StartHostAsync();
        var lost = Should.ThrowAsync<HttpRequestException>(() => third.BuyAsync(ada, key: "k-2"));
        await Journey.UntilAsync(() => never.Struck == 1, "the host asks Stripe, which does not get it");
        third.Kill();
        await lost;
        (await second.BuyAsync(ada, key: "k-2")).Opened().SessionId.ShouldNotBe(opened.SessionId);
        ((await journey.AtStripeAsync("checkout/sessions")).Count, await journey.CountAsync("credit_purchases")).ShouldBe((2, 2));
    }

    [Fact]
    public async Task Ten_at_once_with_one_key_on_two_hosts_are_one_purchase_one_session_and_one_customer()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, new(SignedIn.NoWorkers) { ["Limits__PurchasesPerMinute"] = "1000" });
        journey.World.Stripe.ApiTakes = TimeSpan.FromMilliseconds(200);
        var ada = journey.TokenOf(DemoUsers.Buyer);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => journey.World.Hosts[i % 2].BuyAsync(ada, key: "k-1")));
        // Who comes while Stripe still works on the first may have to come again.
        answers.Select(a => a.Status).Except([200, 503]).ShouldBeEmpty();
        answers.Where(a => a.Status == 200).Select(a => a.Body).Distinct().ShouldHaveSingleItem();
        (await journey.World.Host.BuyAsync(ada, key: "k-1")).Body.ShouldBe(answers.First(a => a.Status == 200).Body);
        ((await journey.AtStripeAsync("checkout/sessions")).Count, (await journey.AtStripeAsync("customers")).Count).ShouldBe((1, 1));
        (await journey.CountAsync("credit_purchases"), await journey.CountAsync("identity_customers"), await journey.AuditedAsync("purchase.created")).ShouldBe((1, 1, 1));
    }

    [Fact]
    public async Task A_purchase_whose_session_nobody_wrote_down_is_found_by_its_id_and_granted_as_it_was_sold()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (host, stripe) = (journey.World.Host, journey.World.Stripe);
        stripe.Add(Shopping.AtOpening(Shopping.AllTries) with { ResetAfterApplying = true });
        (await host.BuyAsync(journey.TokenOf(DemoUsers.Buyer), key: "k-1")).Status.ShouldBe(503);
        await journey.ExecuteAsync("UPDATE credit_packages SET credits = 1, is_active = false");
        var session = (await journey.AtStripeAsync("checkout/sessions")).Single().GetProperty("id").GetString()!;
        stripe.Pay(session);
        await journey.SettleAsync();

        (await journey.RowsAsync<(string, string, string)>("SELECT status, stripe_checkout_session_id, user_email FROM credit_purchases")).ShouldBe([("completed", session, Journey.Ada.Email)]);
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1000);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_session_that_claims_a_purchase_which_is_not_its_own_is_parked_with_the_reason()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (host, stripe) = (journey.World.Host, journey.World.Stripe);
        stripe.Add(Shopping.AtOpening(Shopping.AllTries) with { ResetBefore = true });
        (await host.BuyAsync(journey.TokenOf(DemoUsers.Grace))).Status.ShouldBe(503);
        var graces = await journey.ScalarAsync<Guid>("SELECT id FROM credit_purchases");
        stripe.Add(Shopping.AtOpening(Shopping.AllTries) with { ResetBefore = true });
        (await host.BuyAsync(journey.TokenOf(DemoUsers.Buyer))).Status.ShouldBe(503);
        var open = await journey.ScalarAsync<Guid>("SELECT id FROM credit_purchases WHERE user_id = @Id", Journey.Ada);
        var known = (await host.BuyAsync(journey.TokenOf(DemoUsers.Buyer))).Opened();

        foreach (var (session, reason) in new (string, string)[]
        {
            (journey.OpenPack("starter", 1000, more: $"&metadata[purchase_id]={graces}"), "is another user's"),
            (journey.OpenPack("standard", 4500, more: $"&metadata[purchase_id]={open}"), "is of package 'starter', not 'standard'"),
            (journey.OpenPack("starter", 1000, more: $"&metadata[purchase_id]={known.PurchaseId}"), $"has another session, {known.SessionId}"),
        })
        {
            stripe.Pay(session);
            await journey.SettleAsync();
            (await journey.StateAsync(journey.EventOf(Buying.Completed, session))).ShouldBe("parked", reason);
            (await journey.ReasonAsync(journey.EventOf(Buying.Completed, session)))!.ShouldContain(reason);
        }

        (await journey.CountAsync("credit_lots")).ShouldBe(0);
        string[] rivals = [journey.OpenPack("starter", 1000, more: $"&metadata[purchase_id]={open}"), journey.OpenPack("starter", 1000, more: $"&metadata[purchase_id]={open}")];
        stripe.HoldDeliveries();
        foreach (var rival in rivals) stripe.Pay(rival);
        await stripe.ReleaseDeliveriesAsync();
        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1000, "one of the two is the purchase's");
        (await journey.CountAsync("inbox_event_states WHERE state = 'parked'")).ShouldBe(4);

        stripe.Pay(journey.OpenPack("starter", 1000, more: "&metadata[purchase_id]=of-another-shop"));
        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(2000, "a session of another shop is judged by the catalogue");
        await Oracles.HoldAsync(journey);
    }
}
