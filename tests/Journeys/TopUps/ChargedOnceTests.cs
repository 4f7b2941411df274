using BillingMonolith.Credits;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Journeys.TopUps;

/// <summary>Whatever is lost on the way, and whoever dies: a top-up is charged once and granted once, or not at all.</summary>
public sealed class ChargedOnceTests(Cluster cluster)
{
    private static readonly Dictionary<string, string?> ShortLeases = new() { ["Inbox__LeaseSeconds"] = "2", ["Inbox__PollSeconds"] = "1" };

    public static TheoryData<string> PassingFaults => ["reset after it applied", "reset before", "500", "429", "cut JSON", "502 of a proxy"];

    [Theory]
    [MemberData(nameof(PassingFaults))]
    public async Task An_answer_that_was_lost_is_found_and_not_asked_for_twice(string fault)
    {
        await using var journey = await Journey.StartAsync(cluster);
        journey.World.Stripe.HoldDeliveries(); // the worker alone has to find out
        await journey.SaveCardAsync();
        var once = new Fault(ToppingUp.IsPayment, 4); // more often than the client repeats
        journey.World.Stripe.Add(fault switch
        {
            "reset after it applied" => once with { ResetAfterApplying = true },
            "reset before" => once with { ResetBefore = true },
            "500" => once with { Status = 500, Body = """{"error":{"type":"api_error"} }""" },
            "429" => once with { Status = 429, Headers = new() { ["Retry-After"] = "1" }, Times = 1 },
            "cut JSON" => once with { Status = 200, Body = """{"id":"pi_""" },
            _ => once with { Status = 502, Body = "<html>", ContentType = "text/html" },
        });
        await journey.TurnOnAsync();
        await Journey.UntilAsync(async () => await journey.CountAsync("credit_top_ups") == 0, "it ends");
        await ChargedAndGrantedOnceAsync(journey);

        await journey.World.Stripe.ReleaseDeliveriesAsync();
        await ChargedAndGrantedOnceAsync(journey);
    }

    [Theory]
    [InlineData("another host")]
    [InlineData("the webhook")]
    public async Task A_host_that_died_after_the_call_is_healed_by(string whom)
    {
        await using var journey = await Journey.StartAsync(cluster, settings: ShortLeases);
        var stripe = journey.World.Stripe;
        await journey.SaveCardAsync();
        stripe.HoldDeliveries();
        // Stripe carries it out, nobody hears of it, and the host dies.
        stripe.Add(new Fault(ToppingUp.IsPayment, int.MaxValue) { ResetAfterApplying = true });
        stripe.Add(new Fault(ToppingUp.IsSearch, int.MaxValue) { ResetBefore = true });
        await journey.TurnOnAsync();
        await Journey.UntilAsync(() => stripe.Events.Any(e => e.Type == "payment_intent.succeeded"), "Stripe has carried it out");
        journey.World.Host.Kill();
        stripe.Heal();
        if (whom == "the webhook") stripe.Add(new Fault(ToppingUp.IsSearch, int.MaxValue) { ResetBefore = true });
        var asked = journey.Asked();
        (await journey.TopUpsAsync()).ShouldBe(["pending"]);

        await journey.World.StartHostAsync();
        if (whom == "the webhook") await stripe.ReleaseDeliveriesAsync();
        await Journey.UntilAsync(async () => await journey.CountAsync("credit_top_ups") == 0, "it ends");
        stripe.Heal();
        if (whom != "the webhook") await stripe.ReleaseDeliveriesAsync();
        await ChargedAndGrantedOnceAsync(journey);
        journey.Asked().ShouldBe(asked, "it was looked for");
    }

    [Fact]
    public async Task A_host_that_died_before_the_call_leaves_it_to_another()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: ShortLeases);
        await journey.SaveCardAsync();
        journey.World.Stripe.Add(new Fault(r => ToppingUp.IsPayment(r) && Dies(journey.World.Host), 1) { ResetBefore = true });
        try
        {
            await journey.TurnOnAsync();
        }
        catch (HttpRequestException)
        {
            // Committed; it died before it could say so.
        }

        await Journey.UntilAsync(() => journey.World.Host.HasExited, "it died");
        await journey.World.StartHostAsync();
        await journey.ToppedUpAsync();
        await ChargedAndGrantedOnceAsync(journey);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task When_Stripe_may_have_forgotten_the_key_the_payment_is_looked_for_and_not_made(bool wasMade)
    {
        await using var journey = await Journey.StartAsync(cluster);
        journey.World.Stripe.HoldDeliveries();
        await journey.SaveCardAsync();
        journey.World.Stripe.Add(new Fault(ToppingUp.IsPayment, int.MaxValue) { ResetAfterApplying = wasMade, ResetBefore = !wasMade });
        journey.World.Stripe.Add(new Fault(ToppingUp.IsSearch, int.MaxValue) { ResetBefore = true });
        await journey.TurnOnAsync();
        await Journey.UntilAsync(async () => await journey.CountAsync("credit_top_ups WHERE last_error IS NOT NULL") == 1, "it does not know");
        await journey.ExecuteAsync("UPDATE credit_purchases SET created_at = created_at - interval '23 hours 1 minute'");
        journey.World.Clock.Advance(TimeSpan.FromHours(25));
        var asked = journey.Asked();
        await Journey.UntilAsync(async () => await journey.CountAsync("credit_top_ups WHERE attempts > 2") == 1, "it tries again, and only looks");
        journey.World.Stripe.Heal();
        await Journey.UntilAsync(async () => await journey.CountAsync("credit_top_ups") == 0, "it ends");

        if (wasMade) await ChargedAndGrantedOnceAsync(journey);
        else
        {
            (await journey.ChargesAsync()).ShouldBeEmpty();
            (await journey.TopUpsAsync()).ShouldBe(["failed"]);
            (await journey.StandAsync()).ShouldBe("active  0", "nobody refused");
        }

        await journey.World.Stripe.ReleaseDeliveriesAsync();
        await journey.SettleAsync();
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Many_who_spend_at_once_on_two_hosts_start_one_top_up()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 2, settings: new() { ["Limits__ApiPerMinute"] = "1000" });
        await journey.SaveCardAsync();
        await journey.GrantAsync(100);
        await journey.TurnOnAsync(threshold: 100, cap: 100_000);
        journey.World.Stripe.Add(new Fault(ToppingUp.IsPayment, 1) { Delay = TimeSpan.FromSeconds(3) }); // open while all of them spend

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => journey.ConsumeAsync(1, journey.World.Hosts[i % 2])));
        answers.ShouldAllBe(a => a.Status == 200);
        await journey.ToppedUpAsync();
        (await journey.TopUpsAsync()).ShouldBe(["completed"]);
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1040);
        await ChargedAndGrantedOnceAsync(journey);
    }

    [Fact]
    public async Task Worker_and_webhook_at_once_on_two_hosts_grant_once()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        var journey = hosts.Journey;
        var ids = await journey.RowsAsync<string>("""
            INSERT INTO credit_purchases (kind, status, user_id, package_code, package_name, credits, price_minor, currency, stripe_customer_id)
            SELECT 'top_up', 'pending', 'u' || i, 'starter', 'Starter Pack', 1000, 1000, 'usd', 'cus_' || i FROM generate_series(1, 10) i RETURNING id::text
            """);
        await journey.ExecuteAsync("INSERT INTO credit_top_ups (purchase_id, payment_method_id, attempts) SELECT id, 'pm_1', 1 FROM credit_purchases");
        await Task.WhenAll(ids.SelectMany(id => Enumerable.Range(0, 4).Select(i => TwoHosts.SendAsync(i % 2 == 0 ? hosts.First : hosts.Second,
            new StepSet<SettleTopUp>([new SettleTopUp(i < 2 ? "auto-topup" : "evt_1", id, TopUpPayment.Paid)
            {
                PaymentIntentId = $"pi_{id}", AmountMinor = 1000, Currency = "usd", Attempt = i < 2 ? 1 : null,
            }])))));

        (await journey.CountAsync("credit_lots")).ShouldBe(10);
        (await journey.CountAsync("audit_logs WHERE action = 'credit.allocate'")).ShouldBe(10);
        (await journey.CountAsync("credit_top_ups")).ShouldBe(0);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_worker_whose_claim_is_another_s_cannot_fail_the_top_up_and_can_say_that_it_is_paid()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        var journey = hosts.Journey;
        var id = await journey.ScalarAsync<Guid>("""
            INSERT INTO credit_purchases (kind, status, user_id, package_code, package_name, credits, price_minor, currency, stripe_customer_id)
            VALUES ('top_up', 'pending', 'u1', 'starter', 'Starter Pack', 1000, 1000, 'usd', 'cus_1') RETURNING id
            """);
        await journey.ExecuteAsync("INSERT INTO credit_top_ups (purchase_id, payment_method_id, attempts) VALUES (@id, 'pm_1', 2)", new { id });
        var stale = new SettleTopUp("auto-topup", id.ToString(), TopUpPayment.MethodGone) { Attempt = 1 };

        (await TwoHosts.SendAsync(hosts.First, new StepSet<SettleTopUp>([stale]))).Single().ShouldBeOfType<Outcome.Ignored>();
        (await journey.TopUpsAsync()).ShouldBe(["pending"]);
        var paid = stale with { Payment = TopUpPayment.Paid, PaymentIntentId = "pi_1", AmountMinor = 1000, Currency = "usd" };
        (await TwoHosts.SendAsync(hosts.First, new StepSet<SettleTopUp>([paid]))).ShouldBe([Outcome.Done]);
        (await journey.TopUpsAsync()).ShouldBe(["completed"]);
    }

    private static async Task ChargedAndGrantedOnceAsync(Journey journey)
    {
        await journey.SettleAsync();
        (await journey.ChargesAsync()).ShouldHaveSingleItem("charged once");
        (await journey.CountAsync("credit_lots WHERE source LIKE 'payment:%'")).ShouldBe(1, "granted once");
        (await journey.TopUpsAsync()).ShouldBe(["completed"]);
        await Oracles.HoldAsync(journey);
    }

    private static bool Dies(HostProcess host)
    {
        host.Kill();
        return true;
    }
}
