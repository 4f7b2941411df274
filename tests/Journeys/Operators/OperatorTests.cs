using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Operators;

/// <summary>What the machine cannot decide waits for a person, with the reason; a person sees it, mends it, and it goes on.</summary>
public sealed class OperatorTests(Cluster cluster)
{
    [Fact]
    public async Task A_package_that_nobody_knew_is_parked_listed_added_replayed_and_granted()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var session = journey.OpenPack("gigantic", 99_00);
        journey.World.Stripe.Pay(session);
        await journey.SettleAsync();
        var completed = journey.EventOf(Buying.Completed, session);
        (await journey.StateAsync(completed)).ShouldBe("parked");

        var (code, listed) = await RunAsync(journey, "inbox", "parked");
        code.ShouldBe(0);
        listed.ShouldContain(completed, Case.Sensitive, "whole, to be copied");
        listed.ShouldContain("not in the catalogue");

        await journey.ExecuteAsync("""
            BEGIN;
            INSERT INTO credit_packages (package_code, package_name, credits, currency) VALUES ('gigantic', 'Gigantic', 20000, 'usd');
            INSERT INTO credit_package_prices VALUES ('gigantic', 'usd', 9900);
            COMMIT
            """);
        (await RunAsync(journey, "inbox", "replay", completed)).Code.ShouldBe(0);
        await journey.SettleAsync();

        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(20_000);
        (await journey.StateAsync(completed)).ShouldBe("done");
        (await journey.CountAsync("audit_logs WHERE action = 'webhook.replayed' AND cause = @completed", new { completed })).ShouldBe(1);
        (await RunAsync(journey, "inbox", "replay", completed)).ShouldBe((1, "Nothing to replay: no such event, or all of its steps are done or open."));
        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(20_000, "what is done stays done");
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_payment_that_proves_no_user_is_parked_with_the_reason()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var nobody = Pay(journey, "nobody@example.com");
        var unverified = Pay(journey, DemoUsers.Unverified.Email!);
        var shared = Pay(journey, DemoUsers.Twin1.Email!);
        await journey.SettleAsync();

        (await journey.ReasonAsync(nobody))!.ShouldContain("Unlinked payment: No user has the e-mail address n…@example.com");
        (await journey.ReasonAsync(unverified))!.ShouldContain("has not verified it");
        (await journey.ReasonAsync(shared))!.ShouldContain("2 users have the e-mail address");
        (await journey.RowsAsync<string>("SELECT DISTINCT outcome FROM inbox_steps WHERE command <> 'route'")).ShouldBe(["parked"]);
        journey.World.Lago.Customers.ShouldBeEmpty();
        (await journey.CountAsync("credit_lots")).ShouldBe(0);
        journey.World.Keycloak.Users.ShouldAllBe(u => u["subscription_tier"] == null);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task An_unlinked_payment_is_provisioned_once_an_operator_has_said_whose_it_is()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var completed = Pay(journey, "nobody@example.com");
        await journey.SettleAsync();
        var customer = (string)journey.World.Stripe.Read(journey.World.Stripe.Events.Single(e => e.Id == completed).ObjectId!)["customer"]!;

        (await RunAsync(journey, "link", customer, "nobody-at-all")).Code.ShouldBe(1, "Keycloak has no such user");
        (await RunAsync(journey, "link", customer, Journey.Ada.Id)).ShouldBe((0, "Linked. What waited for it goes on."));
        await journey.SettleAsync();

        journey.TierOf(Journey.Ada.Id).ShouldBe("professional");
        journey.World.Lago.Subscriptions(Journey.Ada.Id).Single().PlanCode.ShouldBe("professional");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(60);
        (await journey.CountAsync("inbox_event_states WHERE state = 'parked'")).ShouldBe(0);
        (await journey.AuditedAsync("customer.linked")).ShouldBe(1);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_payment_without_a_user_belongs_to_the_one_who_has_proved_the_address()
    {
        await using var journey = await Journey.StartAsync(cluster);
        Pay(journey, Journey.Grace.Email.ToUpperInvariant());
        await journey.SettleAsync();

        journey.TierOf(Journey.Grace.Id).ShouldBe("professional");
        (await journey.BalanceAsync(Journey.Grace.Id)).ShouldBe(60);
        (await journey.CountAsync("inbox_steps WHERE outcome = 'parked'")).ShouldBe(0);
        await Oracles.HoldAsync(journey);
    }

    /// <summary>Pays a plan that names no user; answers the event of its session.</summary>
    private static string Pay(Journey journey, string email)
    {
        var session = journey.OpenAnonymousPlan(email);
        journey.World.Stripe.Pay(session, new StripeBuyer(email, "Somebody"));
        return journey.EventOf(Buying.Completed, session);
    }

    /// <summary>The Host's command line, configured as the host is.</summary>
    private static async Task<(int Code, string Printed)> RunAsync(Journey journey, params string[] arguments)
    {
        await using var command = HostProcess.Launch(journey.World.Settings, arguments);
        var code = await command.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (code, string.Join('\n', command.Log.Select(l => l.TrimEnd())).Trim());
    }
}
