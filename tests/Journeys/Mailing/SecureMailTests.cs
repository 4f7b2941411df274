using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox.Smtp;

namespace BillingMonolith.Journeys.Mailing;

/// <summary>Each setting of Mail__StartTls against each kind of mail server: over TLS, in clear where that was wished, or not, with a reason and until it is mended.</summary>
public sealed class SecureMailTests(Cluster cluster)
{
    private const string Tls = "over TLS";
    private const string Clear = "in clear";
    private const string NoPassword = "The mail server offers no TLS, and a password is not sent without.";
    private const string NoStartTls = "The mail server offers no STARTTLS.";
    private const string NoTls = "TLS with the mail server failed: it speaks none there";
    private const string NoLogin = "The mail server offers no login that is known here";
    private const string OtherName = "TLS with the mail server failed: its certificate is not for 127.0.0.1.";
    private const string Expired = "its certificate is not to be trusted (NotTimeValid)";
    private const string Stranger = "its certificate is not to be trusted (PartialChain)";
    private const string Refused = "The mail server answers 454 to the connection: 4.7.0 TLS is not there today";
    private const string Silent = "The other side did not answer in time.";

    [Theory]
    [InlineData("Auto", NoPassword, Tls, Tls, Refused, Tls, OtherName, Expired, Stranger, Silent, Silent)]
    [InlineData("None", Clear, NoLogin, NoLogin, NoLogin, NoLogin, NoLogin, NoLogin, NoLogin, Silent, Silent)]
    [InlineData("StartTls", NoStartTls, Tls, Tls, Refused, Tls, OtherName, Expired, Stranger, Silent, Silent)]
    [InlineData("SslOnConnect", NoTls, NoTls, NoTls, NoTls, NoTls, NoTls, NoTls, NoTls, Tls, OtherName)]
    public async Task Mail_goes_as_the_setting_says_or_not_at_all(string startTls, params string[] outcomes)
    {
        using var authority = new TestAuthority("Authority of the operator");
        using var stranger = new TestAuthority("Stranger");
        using var good = authority.Issue("127.0.0.1");
        using var otherName = authority.Issue("mail.example.com");
        using var expired = authority.Issue("127.0.0.1", days: -1);
        using var strangers = stranger.Issue("127.0.0.1");
        var bundle = Path.Combine(Directory.CreateTempSubdirectory("authority").FullName, "ca.pem");
        await File.WriteAllTextAsync(bundle, authority.Pem);
        var upgrading = new SmtpKind { Tls = SmtpTls.StartTls, Certificate = good };
        var secure = new SmtpKind { Tls = SmtpTls.Implicit, Certificate = good };
        SmtpKind[] kinds =
        [
            new(), // or somebody in the middle who takes the word STARTTLS away
            upgrading,
            upgrading with { Mechanisms = "LOGIN", Chunks = true },
            upgrading with { StartTlsAnswer = "454 4.7.0 TLS is not there today" },
            upgrading with { StartTlsAnswer = "220 go on\r\n250-mail.sandbox\r\n250 AUTH XOAUTH2" },
            upgrading with { Certificate = otherName },
            upgrading with { Certificate = expired },
            upgrading with { Certificate = strangers },
            secure,
            secure with { Certificate = otherName },
        ];
        await using var journey = await Mailbox.StartAsync(cluster, hosts: 1, ("Mail__StartTls", startTls), ("SSL_CERT_FILE", bundle), ("Inbox__LeaseSeconds", "3"));
        var server = journey.World.Mail;
        var mended = startTls switch { "None" => new SmtpKind(), "SslOnConnect" => secure, _ => upgrading };
        foreach (var (kind, outcome) in kinds.Zip(outcomes))
        {
            var (before, why) = (server.Messages.Count, $"{kind} is to be: {outcome}");
            server.Kind = kind;
            journey.BuyPack(Journey.Ada, "starter");
            if (outcome is not (Tls or Clear))
            {
                await Journey.UntilAsync(async () => await journey.CountAsync("outbox WHERE sent_at IS NULL AND parked_at IS NULL AND position(@outcome in last_error) > 0", new { outcome }) == 1, why);
                server.Messages.Count.ShouldBe(before, why);
                server.Kind = mended;
            }

            await journey.SettleAsync();
            server.Messages.Count.ShouldBe(before + 1, why);
            server.Messages[^1].IsSecure.ShouldBe(startTls != "None", why);
            server.Messages[^1].Text.ShouldContain("1,000 credits");
        }

        if (startTls != "None") server.LoginsInClear.ShouldBe(0);
        journey.LogsTellNobodysAddress();
        await Oracles.HoldAsync(journey);
    }
}
