using System.Text;
using BillingMonolith.Notifications;
using BillingMonolith.Sandbox.Smtp;
using MimeKit;

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
    [InlineData("<ada@example.com>", null)]
    [InlineData("ada@example.com (Ada)", null)]
    [InlineData("\"a> b\"@example.com", null)]
    [InlineData("ada@[127.0.0.1]", null)]
    [InlineData("ada@127.0.0.1", null)]
    [InlineData("friends: ada@example.com, bob@example.com;", null)]
    [InlineData("ad\u00ada@example.com", null)] // a hyphen that nobody sees
    [InlineData("\u202eada@example.com", null)]
    [InlineData("zoë@müller.example", "zoë@xn--mller-kva.example")] // needs a server with SMTPUTF8
    public void An_address_is_plainly_one_or_none(string text, string? address) => (Mailboxes.Of(name: null, text)?.GetAddress(idnEncode: true)).ShouldBe(address);

    [Fact]
    public void An_address_is_no_longer_than_a_server_takes()
    {
        Mailboxes.Of(name: null, $"{new string('a', 65)}@example.com").ShouldBeNull();
        Mailboxes.Of(name: null, $"ada@{new string('b', 64)}.example").ShouldBeNull();
        Mailboxes.Of(name: null, $"ada@{string.Join('.', Enumerable.Repeat(new string('b', 60), 5))}.example").ShouldBeNull();
    }

    [Theory]
    [InlineData("Example <a@b.example>", "Example", "a@b.example")]
    [InlineData("\"Ex, ample\" <a@b.example>", "Ex, ample", "a@b.example")]
    [InlineData("Ex, ample <a@b.example>", "Ex, ample", "a@b.example")]
    [InlineData("Zürich <a@b.example>", "Zürich", "a@b.example")]
    [InlineData("a@b.example", "", "a@b.example")]
    public void A_setting_may_have_a_name(string text, string name, string address)
    {
        var mailbox = Mailboxes.TryParse(text).ShouldNotBeNull();
        (mailbox.Name, mailbox.Address).ShouldBe((name, address));
    }

    [Theory]
    [InlineData("Hello", "Hello")]
    [InlineData("tab\tand\r\nline", "tab and  line")]
    [InlineData("=?utf-8?B?eA==?=", "= ?utf-8?B?eA== ?=")] // nothing that a reader decodes
    [InlineData("Zürich – 10 € für Sie, liebe Kundin, und noch viel mehr, damit es nicht in ein Wort passt 🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉", null)]
    [InlineData("A long subject of plain words that goes on and on until it does not fit into one line and must be folded somewhere", null)]
    public void A_subject_comes_out_as_it_went_in(string subject, string? read)
    {
        var raw = Encoding.ASCII.GetString(Bytes(Message(subject, "text", "<p>html</p>")));
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
        var raw = Encoding.ASCII.GetString(Bytes(Message("s", body, body)));
        raw.Split("\r\n").ShouldAllBe(l => l.Length <= 76 && IsPlain(l));
        Read(raw).Text.TrimEnd().ShouldBe(body.Replace("\n", "\r\n", StringComparison.Ordinal).TrimEnd());
        Read(raw).Html.TrimEnd().ShouldBe(Read(raw).Text.TrimEnd());
    }

    [Fact]
    public void The_same_message_is_the_same_bytes_and_its_id_follows_from_its_key()
    {
        Bytes(Message("s", "t", "h")).ShouldBe(Bytes(Message("s", "t", "h")));
        MailMime.IdOf("receipt:1", "example.com").ShouldBe(MailMime.IdOf("receipt:1", "example.com"));
        MailMime.IdOf("receipt:1", "example.com").ShouldNotBe(MailMime.IdOf("receipt:2", "example.com"));
        var mail = Read(Encoding.ASCII.GetString(Bytes(Message("s", "t", "h"))));
        mail["From"].ShouldBe("\"Example \\\"Studio\\\"\" <billing@example.com>");
        mail["To"].ShouldBe("\"Ada Lovelace  Bcc: x\" <ada@example.com>");
        mail["Bcc"].ShouldBeNull();
        mail["Reply-To"].ShouldBe("Zürich <help@example.com>");
        (mail["Date"], mail["Auto-Submitted"]).ShouldBe(("Fri, 20 Nov 2026 09:41:08 +0000", "auto-generated"));
    }

    private static bool IsPlain(string line) => line.All(c => c is >= ' ' and <= '~' or '\t');

    private static MimeMessage Message(string subject, string text, string html) => MailMime.Of(
        Mailboxes.Of("Example \"Studio\"", "billing@example.com")!, Mailboxes.Of("Ada Lovelace\r\nBcc: x", "ada@example.com")!,
        Mailboxes.TryParse("Zürich <help@example.com>"), MailMime.IdOf("receipt:1", "example.com"),
        new DateTimeOffset(2026, 11, 20, 10, 41, 8, TimeSpan.FromHours(1)), (subject, text, html));

    private static byte[] Bytes(MimeMessage message)
    {
        using var bytes = new MemoryStream();
        message.WriteTo(new FormatOptions { NewLineFormat = NewLineFormat.Dos }, bytes);
        return bytes.ToArray();
    }

    private static ReceivedMail Read(string raw) => new(DateTimeOffset.UnixEpoch, "", [], raw);
}
