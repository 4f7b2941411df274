using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox.Keycloak;
using BillingMonolith.Sandbox.Smtp;

namespace BillingMonolith.Journeys.Mailing;

/// <summary>Every purchase has one receipt, whatever the mail server does, and the mail server does nothing to a purchase.</summary>
public sealed class ReceiptTests(Cluster cluster)
{
    [Fact]
    public async Task Webhooks_and_returns_at_once_on_two_hosts_are_one_mail_that_says_what_was_bought()
    {
        await using var journey = await Mailbox.StartAsync(cluster, hosts: 2);
        var (hosts, stripe, ada) = (journey.World.Hosts, journey.World.Stripe, journey.TokenOf(DemoUsers.Buyer));
        stripe.DeliveryFaults.Drop = true;
        var opened = (await hosts[0].BuyAsync(ada)).Opened();
        stripe.Pay(opened.SessionId);
        var completed = journey.EventOf(Buying.Completed, opened.SessionId);
        await Task.WhenAll(Enumerable.Range(0, 20).SelectMany(i => (Task[])
        [
            journey.SendAsync(journey.Changed(completed, e => e["id"] = $"{completed}_{i}"), host: hosts[i % 2].Url),
            hosts[(i + 1) % 2].CompleteAsync(ada, opened.SessionId),
        ]));
        await journey.SettleAsync();

        var mail = journey.Mails().ShouldHaveSingleItem();
        mail.Recipients.ShouldBe([Journey.Ada.Email]);
        mail.EnvelopeFrom.ShouldBe("billing@example.com");
        (mail["From"], mail["To"]).ShouldBe(("Example Studio <billing@example.com>", Journey.Ada.Email));
        mail.Subject.ShouldBe("Your receipt: 1,000 credits");
        mail.MessageId.ShouldMatch(@"^<[0-9a-f]{40}@127\.0\.0\.1>\z");
        mail["Auto-Submitted"].ShouldBe("auto-generated");
        foreach (var body in (string[])[mail.Text, mail.Html])
            foreach (var fact in (string[])["Starter Pack", "1,000 credits", "$10.00", opened.PurchaseId.ToString(), $"{journey.World.HostUrl}/credits"]) body.ShouldContain(fact);
        mail.Html.ShouldNotContain("{{");
        mail.Text.ShouldNotContain("<");
        journey.LogsTellNobodysAddress();
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task A_mail_server_that_is_down_slow_or_cut_off_delays_mail_and_nothing_else()
    {
        await using var journey = await Mailbox.StartAsync(cluster, hosts: 1, ("Inbox__LeaseSeconds", "2"));
        var server = journey.World.Mail;
        server.Add(new SmtpFault(SmtpStage.Connect, int.MaxValue));
        var bought = Buy();
        await Journey.UntilAsync(async () => await journey.BalanceAsync(Journey.Ada.Id) == 1000, "the credits are there");
        await Journey.UntilAsync(async () => await journey.CountAsync("outbox WHERE attempts >= 3") == 1, "the mail is tried again");
        server.Messages.ShouldBeEmpty();
        server.HealSmtp();
        await journey.SettleAsync();

        SmtpFault[] faults =
        [
            new(SmtpStage.Connect) { Answer = "421 4.3.2 too busy" }, new(SmtpStage.Hello) { Answer = "554 5.3.0 misconfigured" },
            new(SmtpStage.Mail) { Answer = "451 4.7.1 greylisted" }, new(SmtpStage.Recipient) { Answer = "450 4.2.0 later" },
            new(SmtpStage.Data) { Answer = "452 4.3.1 disk full" }, new(SmtpStage.End) { Answer = "451 4.3.0 later" }, new(SmtpStage.Recipient) { Delay = TimeSpan.FromSeconds(3) },
            new(SmtpStage.Connect) { Flood = SmtpFlood.Lines }, new(SmtpStage.Hello) { Flood = SmtpFlood.Line }, new(SmtpStage.Mail) { Flood = SmtpFlood.Drip },
            new(SmtpStage.End), // taken, then cut: nobody here can know
            new(SmtpStage.Quit), new(SmtpStage.Quit) { Delay = TimeSpan.FromSeconds(3) }, // taken, and said so
        ];
        foreach (var fault in faults)
        {
            server.Add(fault);
            Buy();
            await journey.SettleAsync();
            fault.Struck.ShouldBe(1, $"{fault.Stage} {fault.Answer}");
        }

        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe((faults.Length + 1) * 1000);
        (await journey.OutboxAsync()).ShouldAllBe(m => m.State == "sent");
        server.Messages.Count.ShouldBe(faults.Length + 2, "the one that was taken and cut off came twice");
        server.Messages.GroupBy(m => m.MessageId).Select(g => g.Count()).Order().ShouldBe([.. Enumerable.Repeat(1, faults.Length), 2]);
        server.Messages.GroupBy(m => m.MessageId).Single(g => g.Count() == 2).Select(m => m.Raw).Distinct().ShouldHaveSingleItem("and is the same, byte for byte");
        journey.LogsTellNobodysAddress();
        await Oracles.HoldAsync(journey);

        string Buy() => journey.BuyPack(Journey.Ada, "starter");
    }

    [Fact]
    public async Task A_host_that_is_killed_after_the_server_took_the_mail_sends_it_again_under_the_same_id()
    {
        await using var journey = await Mailbox.StartAsync(cluster, hosts: 1, ("Inbox__LeaseSeconds", "2"));
        journey.World.Mail.Add(new SmtpFault(SmtpStage.End) { Delay = TimeSpan.FromMinutes(1) });
        journey.BuyPack(Journey.Ada, "starter");
        await Journey.UntilAsync(() => journey.Mails().Count == 1, "the server has it, and has not said so");
        journey.World.Host.Kill();
        await journey.World.StartHostAsync();
        await journey.SettleAsync();
        journey.Mails().Count.ShouldBe(2);
        journey.Mails().Select(m => m.MessageId).Distinct().ShouldHaveSingleItem();
        await Oracles.HoldAsync(journey);
    }
}
