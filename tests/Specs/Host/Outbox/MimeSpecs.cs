using System.Text;
using BillingMonolith.Host.Smtp;
using BillingMonolith.Sandbox.Smtp;

namespace BillingMonolith.Specs.HostRoom.Outbox;

/// <summary>Mail as bytes: what stands in a header, how a body is carried, where a message ends.</summary>
public sealed class MimeSpecs
{
    [Theory]
    [InlineData("ada@example.com", "ada@example.com")]
    [InlineData("a.b+c_d'e@sub.example.co.uk", "a.b+c_d'e@sub.example.co.uk")]
    [InlineData("info@müller.example", "info@xn--mller-kva.example")]
    [InlineData("root@localhost", "root@localhost")]
    [InlineData("", null)]
    [InlineData("ada", null)]
    [InlineData("@example.com", null)]
    [InlineData("ada@", null)]
    [InlineData("ada@example.com\r\nBcc: x@example.com", null)]
    [InlineData("ada@example.com\n", null)]
    [InlineData("ada\u0000@example.com", null)]
    [InlineData("ada@example.com,bob@example.com", null)]
    [InlineData("ada bob@example.com", null)]
    [InlineData("ada@example.com>", null)]
    [InlineData("<ada@example.com", null)]
    [InlineData("\"ada\"@example.com", null)]
    [InlineData("ada@exa mple.com", null)]
    [InlineData("ada@-example.com", null)]
    [InlineData("ada..b@example.com", null)]
    [InlineData("zoë@example.com", null)] // needs SMTPUTF8
    public void An_address_is_plainly_one_or_none(string text, string? address) => (MailboxAddress.Of(name: null, text)?.Address).ShouldBe(address);

    [Theory]
    [InlineData("Example <a@b.example>", "Example", "a@b.example")]
    [InlineData("\"Ex, ample\" <a@b.example>", "Ex, ample", "a@b.example")]
    [InlineData("a@b.example", "", "a@b.example")]
    public void A_setting_may_have_a_name(string text, string name, string address)
    {
        var mailbox = MailboxAddress.TryParse(text).ShouldNotBeNull();
        (mailbox.Name, mailbox.Address).ShouldBe((name, address));
        mailbox.ToString().ShouldBe("…@b.example", "it may land in a log");
    }

    [Theory]
    [InlineData("Hello", "Hello")]
    [InlineData("tab\tand\r\nline", "tab and  line")]
    [InlineData("=?utf-8?B?eA==?=", "=?utf-8?B?eA==?=")]
    [InlineData("Zürich – 10 € für Sie, liebe Kundin, und noch viel mehr, damit es nicht in ein Wort passt 🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉", null)]
    [InlineData("A long subject of plain words that goes on and on until it does not fit into one line and must be folded somewhere", null)]
    public void A_subject_comes_out_as_it_went_in(string subject, string? read)
    {
        var raw = Encoding.ASCII.GetString(Message(subject, "text", "<p>html</p>").ToBytes());
        raw.Split("\r\n").ShouldAllBe(l => l.Length <= 78 && !l.Contains('\n'));
        Read(raw).Subject.ShouldBe(read ?? subject);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("trailing space \nand tab\t\n")]
    [InlineData("a=b; =3D =\n=")]
    [InlineData(".\n..\n.x\n\n.")]
    [InlineData("Grüße 🎉 € “quoted”\nFrom here")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789012345")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789012345678ü")]
    public void A_body_comes_out_as_it_went_in_through_lines_that_every_server_takes(string body)
    {
        var message = Message("s", body, body);
        var stuffed = SmtpClient.DotStuffed(message.ToBytes());
        var lines = Encoding.ASCII.GetString(stuffed).Split("\r\n");
        lines.ShouldAllBe(l => l.Length <= 77 && IsPlain(l));
        lines[^2..].ShouldBe([".", ""]);
        lines[..^2].ShouldNotContain(".", "nothing but the end is a dot alone");
        var raw = string.Join("\r\n", lines[..^2].Select(l => l.StartsWith('.') ? l[1..] : l)) + "\r\n";
        Encoding.ASCII.GetBytes(raw).ShouldBe(message.ToBytes());
        Read(raw).Text.TrimEnd().ShouldBe(body.Replace("\n", "\r\n", StringComparison.Ordinal).TrimEnd());
        Read(raw).Html.TrimEnd().ShouldBe(Read(raw).Text.TrimEnd());
    }

    [Fact]
    public void The_same_message_is_the_same_bytes_and_its_id_follows_from_its_key()
    {
        Message("s", "t", "h").ToBytes().ShouldBe(Message("s", "t", "h").ToBytes());
        MimeMessage.IdOf("receipt:1", "example.com").ShouldBe(MimeMessage.IdOf("receipt:1", "example.com"));
        MimeMessage.IdOf("receipt:1", "example.com").ShouldNotBe(MimeMessage.IdOf("receipt:2", "example.com"));
        var mail = Read(Encoding.ASCII.GetString(Message("s", "t", "h").ToBytes()));
        mail["From"].ShouldBe("\"Example \\\"Studio\\\"\" <billing@example.com>");
        mail["To"].ShouldBe("Ada Lovelace Bcc: x <ada@example.com>".Replace("Ada Lovelace Bcc: x", "\"Ada LovelaceBcc: x\"", StringComparison.Ordinal));
        mail["Reply-To"].ShouldBe("Zürich <help@example.com>");
        (mail["Date"], mail["Auto-Submitted"]).ShouldBe(("Fri, 20 Nov 2026 09:41:08 +0000", "auto-generated"));
    }

    private static bool IsPlain(string line) => line.All(c => c is >= ' ' and <= '~' or '\t');

    private static MimeMessage Message(string subject, string text, string html) => new()
    {
        From = MailboxAddress.Of("Example \"Studio\"", "billing@example.com")!,
        To = MailboxAddress.Of("Ada Lovelace\r\nBcc: x", "ada@example.com")!,
        ReplyTo = MailboxAddress.TryParse("Zürich <help@example.com>"),
        Subject = subject,
        MessageId = MimeMessage.IdOf("receipt:1", "example.com"),
        Date = new DateTimeOffset(2026, 11, 20, 10, 41, 8, TimeSpan.FromHours(1)),
        TextBody = text,
        HtmlBody = html,
    };

    private static ReceivedMail Read(string raw) => new(DateTimeOffset.UnixEpoch, "", [], raw);
}
