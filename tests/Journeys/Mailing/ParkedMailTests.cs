using BillingMonolith.Journeys.Access;
using BillingMonolith.Journeys.Api;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox.Keycloak;
using BillingMonolith.Sandbox.Smtp;

namespace BillingMonolith.Journeys.Mailing;

/// <summary>What cannot be sent waits for a person, who sees it and sends it; what a stranger typed gets into no header.</summary>
public sealed class ParkedMailTests(Cluster cluster)
{
    private const string Outbox = "/api/v1/admin/outbox";

    [Fact]
    public async Task What_the_server_refuses_for_good_is_parked_seen_and_sent_after_it_was_mended()
    {
        await using var journey = await Mailbox.StartAsync(cluster);
        var (host, operators) = (journey.World.Host, journey.TokenOf(DemoUsers.Operator));
        journey.World.Mail.Add(new SmtpFault(SmtpStage.Recipient) { Answer = $"550 5.1.1 <{Journey.Ada.Email}>: no such mailbox" });
        journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(1000);

        var parked = (await host.GetAsync($"{Outbox}?state=parked", operators)).Json.GetProperty("outbox").EnumerateArray().ShouldHaveSingleItem();
        parked.GetProperty("status").GetInt32().ShouldBe(550);
        parked.GetProperty("error").GetString().ShouldBe("The mail server answers 550 to RCPT: 5.1.1 <…@example.com>: no such mailbox Mend it, then retry.");
        (await journey.AuditedAsync("outbox.parked")).ShouldBe(1);
        host.Log.ShouldContain(l => l.Contains("is parked after 1 tries", StringComparison.Ordinal) && l.Contains("Error", StringComparison.Ordinal));
        journey.Mails().ShouldBeEmpty();

        var id = parked.GetProperty("id").GetString();
        (await host.PostAsync($"{Outbox}/{id}/retry", json: null, operators)).Status.ShouldBe(200);
        await journey.SettleAsync();
        journey.Mails().ShouldHaveSingleItem();
        (await host.PostAsync($"{Outbox}/{id}/retry", json: null, operators)).Error().ShouldBe("already-sent");
        (await host.PostAsync($"{Outbox}/{Guid.Empty}/retry", json: null, operators)).Error().ShouldBe("not-found");
        (await journey.AuditedAsync("outbox.retried")).ShouldBe(1);

        // Two pages of two.
        journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        var first = (await host.GetAsync($"{Outbox}?limit=1", operators)).Json;
        var second = (await host.GetAsync($"{Outbox}?limit=1&cursor={first.GetProperty("next_cursor").GetString()}", operators)).Json;
        second.GetProperty("outbox")[0].GetProperty("id").GetString().ShouldBe(id);
        second.GetProperty("next_cursor").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        journey.LogsTellNobodysAddress();
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task An_address_of_letters_goes_to_servers_that_take_it_and_waits_for_a_person_at_others()
    {
        await using var journey = await Mailbox.StartAsync(cluster);
        var (host, server, operators) = (journey.World.Host, journey.World.Mail, journey.TokenOf(DemoUsers.Operator));
        var mailFrom = new SmtpFault(SmtpStage.Mail) { Answer = "451 4.3.0 nothing was to be sent" };
        server.Add(mailFrom);
        journey.BuyPack(Journey.Ada with { Email = "zoë@müller.example" }, "starter");
        await journey.SettleAsync();
        var parked = (await host.GetAsync($"{Outbox}?state=parked", operators)).Json.GetProperty("outbox").EnumerateArray().ShouldHaveSingleItem();
        parked.GetProperty("error").GetString().ShouldBe("The address has letters before the @ that only mail servers with SMTPUTF8 take, and this one offers none. "
            + "Give the user another address or the host another mail server, then retry.");
        mailFrom.Struck.ShouldBe(0);
        server.HealSmtp();

        journey.BuyPack(Journey.Ada with { Email = "info@müller.example" }, "starter");
        await journey.SettleAsync();
        journey.Mails().ShouldHaveSingleItem().Recipients.ShouldBe(["info@xn--mller-kva.example"]);

        server.Kind = new SmtpKind { TakesUtf8 = true };
        (await host.PostAsync($"{Outbox}/{parked.GetProperty("id").GetString()}/retry", json: null, operators)).Status.ShouldBe(200);
        await journey.SettleAsync();
        var mail = journey.Mails()[^1];
        (mail.Recipients.Single(), mail["To"], mail.Subject).ShouldBe(("zoë@müller.example", "zoë@müller.example", "Your receipt: 1,000 credits"));
        journey.LogsTellNobodysAddress("zoë@", "info@");
        await Oracles.HoldAsync(journey);
    }

    [Theory]
    [InlineData("ada@example.com\r\nBcc: everybody@example.com")]
    [InlineData("ada@example.com>\r\nRCPT TO:<everybody@example.com")]
    [InlineData("ada@example.com, everybody@example.com")]
    public async Task An_address_that_is_none_is_parked_and_not_sent_to(string address)
    {
        await using var journey = await Mailbox.StartAsync(cluster);
        await journey.ExecuteAsync("UPDATE credit_packages SET package_name = E'Starter\\r\\nBcc: x@example.com <b>Pack</b>' WHERE package_code = 'starter'");
        journey.BuyPack(Journey.Ada with { Email = address }, "starter");
        journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();

        var mail = journey.Mails().ShouldHaveSingleItem();
        mail.Recipients.ShouldBe([Journey.Ada.Email]);
        mail["Bcc"].ShouldBeNull();
        mail.Html.ShouldContain("&lt;b&gt;Pack&lt;/b&gt;");
        var parked = (await journey.OutboxAsync()).Single(m => m.State == "parked");
        parked.Error.ShouldBe("What stands where the recipient's address should be is no address that mail can go to.");
        journey.LogsTellNobodysAddress("everybody@example.com");
        await Oracles.HoldAsync(journey);
    }
}
