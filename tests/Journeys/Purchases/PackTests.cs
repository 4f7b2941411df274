using BillingMonolith.Journeys.Kit;

namespace BillingMonolith.Journeys.Purchases;

/// <summary>A pack is bought: <c>payment_status</c> decides, our own catalogue says what is granted.</summary>
public sealed class PackTests(Cluster cluster)
{
    [Fact]
    public async Task A_pack_that_is_paid_on_the_hosted_page_is_granted_with_its_audit_row()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var session = journey.World.Stripe.OpenPackSession(Journey.Ada, "starter");

        var next = await HostedPage.PayAsync(journey.World.Stripe.Url, session, Journey.Ada.Email, Journey.Ada.Name);
        next.Query.ShouldContain(session, Case.Sensitive, "the buyer comes back to the shop with the session");
        await journey.SettleAsync();

        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1000);
        var (status, paid, currency, intent) = (await journey.RowsAsync<(string, long, string, string)>(
            "SELECT status, amount_paid_minor, currency, stripe_payment_id FROM credit_purchases WHERE stripe_checkout_session_id = @session", new { session })).Single();
        (status, paid, currency).ShouldBe(("completed", 1000, "usd"));
        intent.ShouldBe((string?)journey.World.Stripe.Read(session)["payment_intent"]);
        (await journey.RowsAsync<string>("SELECT concat_ws(' ', action, resource_id, user_id, result, cause, metadata->>'credits') FROM audit_logs"))
            .ShouldBe([$"credit.allocate {session} {Journey.Ada.Id} success {journey.EventOf(Buying.Completed, session)} 1000"]);
        journey.World.Lago.Customers.ShouldBeEmpty("a pack is no subscription");
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Money_on_its_way_grants_nothing_and_each_way_that_it_can_end_is_kept()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var stripe = journey.World.Stripe;
        var (arrives, returned) = (stripe.OpenPackSession(Journey.Ada, "starter"), stripe.OpenPackSession(Journey.Grace, "pro"));
        stripe.PayLater(arrives);
        stripe.PayLater(returned);
        await journey.SettleAsync();
        (await journey.CountAsync("credit_lots")).ShouldBe(0, "nothing has arrived yet");
        (await journey.PurchaseStatusAsync(arrives), await journey.PurchaseStatusAsync(returned)).ShouldBe(("processing", "processing"));

        stripe.Settle(arrives, ok: true);
        stripe.Settle(returned, ok: false);
        var expired = stripe.OpenPackSession(Journey.Grace, "standard");
        stripe.Expire(expired);
        var free = stripe.OpenPackSession(Journey.Ada, "standard");
        stripe.PayWithFullCoupon(free);
        await journey.SettleAsync();

        (await journey.PurchaseStatusAsync(arrives)).ShouldBe("completed");
        (await journey.PurchaseStatusAsync(returned)).ShouldBe("failed");
        (await journey.PurchaseStatusAsync(expired)).ShouldBe("failed");
        (await journey.BalanceAsync(Journey.Grace.Id)).ShouldBe(0);
        (await journey.PurchaseStatusAsync(free)).ShouldBe("completed", "a coupon of 100 % is a purchase without a payment");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1000 + 5000);
        (await journey.AuditedAsync("purchase.failed")).ShouldBe(2);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_purchase_is_granted_as_it_was_sold_even_when_the_catalogue_changed_before_the_money_came()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var session = journey.World.Stripe.OpenPackSession(Journey.Ada, "starter");
        journey.World.Stripe.PayLater(session);
        await journey.SettleAsync();
        await journey.ExecuteAsync("UPDATE credit_packages SET credits = 1 WHERE package_code = 'starter'; UPDATE credit_package_prices SET price_minor = 999999");

        journey.World.Stripe.Settle(session, ok: true);
        await journey.SettleAsync();

        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1000);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task What_the_shop_s_metadata_says_of_credits_is_never_granted()
    {
        await using var journey = await Journey.StartAsync(cluster);
        journey.World.Stripe.Pay(journey.OpenPack("starter", 1000, more: "&metadata[credits]=1000000"));
        await journey.SettleAsync();

        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1000, "the catalogue's");
        (await journey.ScalarAsync<string>("SELECT metadata->>'alert' FROM audit_logs WHERE action = 'credit.allocate'"))!.ShouldContain("1000000");
    }

    [Fact]
    public async Task A_payment_that_is_not_what_was_sold_is_parked_and_grants_nothing()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var stripe = journey.World.Stripe;
        string[] sessions = [journey.OpenPack("starter", 999), journey.OpenPack("starter", 1001), journey.OpenPack("starter", 1000, "eur"), journey.OpenPack("gigantic", 1000)];
        foreach (var session in sessions) stripe.Pay(session);
        await journey.SettleAsync();

        foreach (var session in sessions) (await journey.StateAsync(journey.EventOf(Buying.Completed, session))).ShouldBe("parked");
        (await journey.ReasonAsync(journey.EventOf(Buying.Completed, sessions[0])))!.ShouldContain("Paid for 999 usd, but package 'starter' was sold for 1000 usd");
        (await journey.ReasonAsync(journey.EventOf(Buying.Completed, sessions[2])))!.ShouldContain("1000 eur");
        (await journey.ReasonAsync(journey.EventOf(Buying.Completed, sessions[3])))!.ShouldContain("Package 'gigantic' is not in the catalogue");
        (await journey.CountAsync("credit_lots")).ShouldBe(0);
        (await journey.AuditedAsync("webhook.parked")).ShouldBe(4);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task What_belongs_to_another_suite_is_ignored_and_what_names_none_is_ours()
    {
        await using var journey = await Journey.StartAsync(cluster, settings: new() { ["Stripe__Suite"] = "aurora" });
        var (other, ours, unnamed) = (journey.OpenPack("starter", 1000, more: "&metadata[suite]=borealis"),
            journey.OpenPack("starter", 1000, more: "&metadata[suite]=aurora"), journey.OpenPack("standard", 4500));
        foreach (var session in (string[])[other, ours, unnamed]) journey.World.Stripe.Pay(session);
        await journey.SettleAsync();

        (await journey.StateAsync(journey.EventOf(Buying.Completed, other))).ShouldBe("ignored");
        (await journey.StateAsync(journey.EventOf(Buying.Completed, ours))).ShouldBe("done");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1000 + 5000);
    }

    [Fact]
    public async Task An_event_of_the_other_mode_is_parked_whatever_it_says()
    {
        await using var journey = await Journey.StartAsync(cluster);
        journey.World.Stripe.DeliveryFaults.Drop = true;
        var completed = journey.EventOf(Buying.Completed, journey.BuyPack(Journey.Ada, "starter"));
        await journey.SendAsync(journey.Changed(completed, e => (e["livemode"], e["data"]!["object"]!["livemode"]) = (true, true)));
        await journey.SettleAsync();

        (await journey.StateAsync(completed)).ShouldBe("parked");
        (await journey.ReasonAsync(completed))!.ShouldContain("live mode");
        (await journey.CountAsync("credit_lots")).ShouldBe(0);
    }
}
