using BillingMonolith.Notifications;
using BillingMonolith.Sandbox.Smtp;
using MailKit.Security;

namespace BillingMonolith.Specs.HostRoom.Outbox;

/// <summary>What MailKit leaves to its caller: which refusal is for good, what may be said of it, and where a server's talking ends.</summary>
public sealed class SmtpTransportSpecs : IAsyncLifetime
{
    private const string Address = "a.lovelace@example.com";
    private readonly SmtpStandIn server = new(0, TimeProvider.System);

    public async ValueTask InitializeAsync() => await server.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData(nameof(SmtpStage.Connect), "421 4.3.2 busy", 421, false)]
    [InlineData(nameof(SmtpStage.Connect), "554 5.3.2 not for you", 554, false)]
    [InlineData(nameof(SmtpStage.Hello), "421 4.3.2 busy", null, false)] // MailKit says HELO then, and nobody can sign in
    [InlineData(nameof(SmtpStage.Login), "454 4.7.0 later", 454, false)]
    [InlineData(nameof(SmtpStage.Login), "535 5.7.8 no", 535, false)]
    [InlineData(nameof(SmtpStage.Login), "534 5.7.9 too weak", 534, false)]
    [InlineData(nameof(SmtpStage.Mail), "451 4.7.1 greylisted", 451, false)]
    [InlineData(nameof(SmtpStage.Mail), "530 5.7.0 sign in first", 530, false)]
    [InlineData(nameof(SmtpStage.Mail), "550 5.7.1 not from you", 550, true)]
    [InlineData(nameof(SmtpStage.Recipient), "450 4.2.0 later", 450, false)]
    [InlineData(nameof(SmtpStage.Recipient), "550 5.1.1 nobody", 550, true)]
    [InlineData(nameof(SmtpStage.Data), "452 4.3.1 full", 452, false)]
    [InlineData(nameof(SmtpStage.Data), "554 5.6.0 no", 554, true)]
    [InlineData(nameof(SmtpStage.End), "451 4.3.0 later", 451, false)]
    [InlineData(nameof(SmtpStage.End), "552 5.3.4 too big", 552, true)]
    public async Task Only_a_message_is_refused_for_good(string stage, string answer, int? status, bool isForGood)
    {
        server.Add(new SmtpFault(Enum.Parse<SmtpStage>(stage), Times: 2) { Answer = answer }); // MailKit tries PLAIN, then LOGIN
        var delivery = await SendAsync();
        (delivery.Status, delivery is Delivery.Refused, delivery is Delivery.Failed).ShouldBe((status, isForGood, !isForGood), delivery.Error);
        server.Messages.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(nameof(SmtpStage.End), null)]
    [InlineData(nameof(SmtpStage.Quit), null)]
    [InlineData(nameof(SmtpStage.Quit), "500 what?")]
    public async Task What_is_taken_is_sent_unless_its_end_was_not_heard(string stage, string? answer)
    {
        server.Add(new SmtpFault(Enum.Parse<SmtpStage>(stage)) { Answer = answer });
        (await SendAsync() is Delivery.Sent).ShouldBe(stage != nameof(SmtpStage.End));
        server.Messages.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(nameof(SmtpStage.Connect), nameof(SmtpFlood.Line))]
    [InlineData(nameof(SmtpStage.Connect), nameof(SmtpFlood.Lines))]
    [InlineData(nameof(SmtpStage.Hello), nameof(SmtpFlood.Line))]
    [InlineData(nameof(SmtpStage.Hello), nameof(SmtpFlood.Lines))]
    [InlineData(nameof(SmtpStage.Login), nameof(SmtpFlood.Lines))]
    [InlineData(nameof(SmtpStage.Recipient), nameof(SmtpFlood.Line))]
    [InlineData(nameof(SmtpStage.End), nameof(SmtpFlood.Lines))]
    public async Task An_answer_without_an_end_is_none(string stage, string flood)
    {
        server.Add(new SmtpFault(Enum.Parse<SmtpStage>(stage)) { Flood = Enum.Parse<SmtpFlood>(flood) });
        (await SendAsync()).ShouldBeOfType<Delivery.Failed>().Error.ShouldBe("The mail server's answer has no end.");
    }

    [Fact]
    public async Task Neither_is_a_conversation_of_long_answers()
    {
        server.Kind = new SmtpKind { Chatter = 10_000 };
        (await SendAsync()).ShouldBeOfType<Delivery.Sent>("seven answers");
        server.Kind = new SmtpKind { Chatter = 40_000 };
        (await SendAsync()).ShouldBeOfType<Delivery.Failed>().Error.ShouldBe("The mail server's answer has no end.");
    }

    [Theory]
    [InlineData(nameof(SmtpStage.Connect))]
    [InlineData(nameof(SmtpStage.Recipient))]
    public async Task Whoever_talks_slowly_is_waited_for_no_longer_than_for_silence(string stage)
    {
        server.Add(new SmtpFault(Enum.Parse<SmtpStage>(stage)) { Flood = SmtpFlood.Drip });
        await Should.ThrowAsync<OperationCanceledException>(() => SendAsync(TimeSpan.FromSeconds(1)));
    }

    [Theory]
    [InlineData(nameof(SmtpStage.Connect), "554 5.7.1 {0}")]
    [InlineData(nameof(SmtpStage.Hello), "421 4.7.1 {0}")]
    [InlineData(nameof(SmtpStage.Login), "535 5.7.8 {0}")]
    [InlineData(nameof(SmtpStage.Mail), "550 5.7.1 {0}")]
    [InlineData(nameof(SmtpStage.Recipient), "550-5.1.1 {0}\r\n550 5.1.1 {0}")]
    [InlineData(nameof(SmtpStage.Data), "554 5.6.0 {0}")]
    [InlineData(nameof(SmtpStage.End), "451 4.3.0 {0}")]
    public async Task What_a_server_quotes_of_addresses_and_secrets_is_not_told(string stage, string answer)
    {
        foreach (var quoted in (string[])[$"<{Address}>: unknown", $"no A.Lovelace here, no {Uri.EscapeDataString(Address)}", $"to={Address}, from=billing@example.org", "\"b x\"@example.org",
            $"user {SmtpStandIn.User}, password {server.Password}", $"AUTH PLAIN {Base64($"\0{SmtpStandIn.User}\0{server.Password}")}", Base64(server.Password)])
        {
            server.HealSmtp();
            server.Add(new SmtpFault(Enum.Parse<SmtpStage>(stage), 2) { Answer = string.Format(answer, quoted) });
            var error = (await SendAsync()).Error.ShouldNotBeNull();
            foreach (var secret in (string[])["lovelace", "billing@", "b x", server.Password, Base64(server.Password), Base64($"\0{SmtpStandIn.User}\0{server.Password}")])
                error.ShouldNotContain(secret, Case.Insensitive, $"{stage}: {quoted}");
        }
    }

    [Fact]
    public async Task What_a_server_says_else_is_told()
    {
        server.Add(new SmtpFault(SmtpStage.Recipient) { Answer = $"550 5.7.1 <{Address}>: Relay access denied" });
        (await SendAsync()).Error.ShouldBe("The mail server answers 550 to RCPT: 5.7.1 <…@example.com>: Relay access denied Mend it, then retry.");
    }

    [Theory]
    [InlineData(SecureSocketOptions.Auto, 0, "a password is not sent without")]
    [InlineData(SecureSocketOptions.StartTlsWhenAvailable, 0, "a password is not sent without")]
    [InlineData(SecureSocketOptions.StartTls, 0, "offers no STARTTLS")]
    [InlineData(SecureSocketOptions.SslOnConnect, 0, "it speaks none there")]
    [InlineData(SecureSocketOptions.None, 1, null)]
    public async Task A_password_goes_over_TLS_unless_it_was_wished_otherwise(SecureSocketOptions security, int logins, string? error)
    {
        var delivery = await SendAsync(security: security);
        server.LoginsInClear.ShouldBe(logins);
        if (error is null) delivery.ShouldBeOfType<Delivery.Sent>();
        else delivery.ShouldBeOfType<Delivery.Failed>().Error!.ShouldContain(error);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_said_to_be()
    {
        var gone = new SmtpStandIn(0, TimeProvider.System);
        var url = gone.SmtpUrl;
        await gone.DisposeAsync();
        (await SendAsync(url: url)).ShouldBeOfType<Delivery.Failed>().Error.ShouldBe("The connection to the mail server failed: ConnectionRefused.");
    }

    private async Task<Delivery> SendAsync(TimeSpan? limit = null, SecureSocketOptions security = SecureSocketOptions.None, string? url = null)
    {
        using var timeout = new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(20));
        var mime = MailMime.Of(Mailboxes.Of(name: null, "billing@example.net")!, Mailboxes.Of(name: null, Address)!, replyTo: null, "1@example.net", DateTimeOffset.UnixEpoch,
            ("subject", "text", "<p>html</p>"));
        return await new SmtpTransport(SmtpServer.Parse(url ?? server.SmtpUrl, security)!, mime).SendAsync(timeout.Token);
    }

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
}
