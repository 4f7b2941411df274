using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Journeys.Spending;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Mailing;

/// <summary>Mails that are no receipt: few credits left, a payment that failed, a trial that ends; in the operator's own words.</summary>
public sealed class NoticeTests(Cluster cluster)
{
    [Fact]
    public async Task Who_spends_down_to_few_credits_hears_of_it_once_a_day_in_the_words_of_the_operator()
    {
        var folder = Directory.CreateTempSubdirectory("templates");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "low-balance.subject"), "{{recipient}}, only {{balance}}!");
        await using var journey = await Mailbox.StartAsync(cluster, hosts: 1, ("Mail__TemplatesFolder", folder.FullName));
        await journey.GiveAsync(150);
        await journey.GiveAsync(150, "test:2", userId: DemoUsers.Grace.Id);
        journey.World.Keycloak.EditAsAdministrator(DemoUsers.Grace.Id, u => u with { Email = null });
        var (host, ada, grace) = (journey.World.Host, journey.TokenOf(DemoUsers.Buyer), journey.TokenOf(DemoUsers.Grace));
        foreach (var (amount, key) in ((long, string)[])[(40, "k1"), (20, "k2"), (20, "k3")])
        {
            (await host.SpendAsync(ada, amount, key)).Status.ShouldBe(200);
            (await host.SpendAsync(grace, amount, key)).Status.ShouldBe(200);
        }

        await journey.SettleAsync();
        var mail = journey.Mails().ShouldHaveSingleItem();
        mail.Recipients.ShouldBe([Journey.Ada.Email]);
        mail.Subject.ShouldBe("Ada Lovelace, only 90!");
        mail.Text.ShouldContain("You have 90 credits left, fewer than 100.");
        var parked = (await journey.OutboxAsync()).Single(m => m.State == "parked");
        parked.Error!.ShouldContain($"Keycloak has no user {DemoUsers.Grace.Id}, or none with an e-mail address");
    }

    [Fact]
    public async Task A_payment_that_failed_and_still_is_is_told_once_and_one_that_was_made_since_is_not()
    {
        await using var journey = await Mailbox.StartAsync(cluster);
        var stripe = journey.World.Stripe;
        var subscription = journey.BuyPlan(Journey.Ada, "professional");
        await journey.SettleAsync();
        stripe.BreakCard(subscription);
        journey.World.Clock.Advance(TimeSpan.FromDays(32));
        await journey.SettleAsync();

        var mail = journey.Mails().ShouldHaveSingleItem();
        mail.Recipients.ShouldBe([Journey.Ada.Email]);
        mail.Subject.ShouldBe("Your payment of $49.00 did not go through");
        foreach (var body in (string[])[mail.Text, mail.Html]) body.ShouldContain($"{journey.World.HostUrl}/subscription");
        var failed = stripe.Events.Last(e => e.Type == "invoice.payment_failed");
        await journey.SendAsync(journey.Changed(failed.Id, e => e["id"] = "evt_again"));

        stripe.BreakCard(subscription, broken: false);
        stripe.HoldDeliveries(); // the failure is heard of when the invoice is paid
        journey.World.Clock.Advance(TimeSpan.FromDays(4));
        await stripe.ReleaseDeliveriesAsync();
        await journey.SettleAsync();
        await journey.ExecuteAsync("DELETE FROM outbox");
        await journey.SendAsync(journey.Changed(failed.Id, e => e["id"] = "evt_late"));
        await journey.SettleAsync();
        journey.Mails().Count.ShouldBe(1);
        (await journey.CountAsync("outbox")).ShouldBe(0);
    }

    [Fact]
    public async Task A_trial_that_ends_soon_is_told_once()
    {
        await using var journey = await Mailbox.StartAsync(cluster);
        var session = journey.World.Stripe.Open(
            $"mode=subscription&line_items[0][quantity]=1&line_items[0][price]={journey.World.Stripe.Prices["professional_monthly"]["id"]}&success_url=https://shop.example/thanks" +
            $"&client_reference_id={Journey.Ada.Id}&subscription_data[trial_period_days]=14&subscription_data[metadata][user_id]={Journey.Ada.Id}");
        journey.World.Stripe.Pay(session, new StripeBuyer(Journey.Ada.Email, Journey.Ada.Name));
        await journey.SettleAsync();
        journey.Mails().ShouldBeEmpty();
        journey.World.Clock.Advance(TimeSpan.FromDays(12));
        await journey.SettleAsync();
        var warned = journey.World.Stripe.Events.Single(e => e.Type == "customer.subscription.trial_will_end");
        await journey.SendAsync(journey.Changed(warned.Id, e => e["id"] = "evt_again"));
        await journey.SettleAsync();
        var mail = journey.Mails().ShouldHaveSingleItem();
        mail.Subject.ShouldStartWith("Your trial ends on ");
        mail.Text.ShouldContain("$49.00");
        mail["To"].ShouldBe($"Ada Lovelace <{Journey.Ada.Email}>");
    }
}
