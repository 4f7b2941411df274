using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace BillingMonolith.Host.Smtp;

/// <summary>A mail in two forms, text and HTML (RFC 5322, RFC 2046). The same message is the same bytes every time it is made.</summary>
internal sealed record MimeMessage
{
    public required MailboxAddress From { get; init; }
    public required MailboxAddress To { get; init; }
    public MailboxAddress? ReplyTo { get; init; }
    public required string Subject { get; init; }

    /// <summary>Without the angle brackets.</summary>
    public required string MessageId { get; init; }
    public required DateTimeOffset Date { get; init; }
    public required string TextBody { get; init; }
    public required string HtmlBody { get; init; }

    /// <summary>The id of the mail with this key: whoever gets it twice can see that it is one.</summary>
    public static string IdOf(string key, string host) => $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..40]}@{host}";

    public byte[] ToBytes()
    {
        var boundary = $"=_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(MessageId)))[..32]}"; // quoted-printable never has "=_"
        return Encoding.ASCII.GetBytes($"""
            From: {HeaderText.Mailbox(From)}
            To: {HeaderText.Mailbox(To)}
            {(ReplyTo is null ? "" : $"Reply-To: {HeaderText.Mailbox(ReplyTo)}\n")}Subject: {HeaderText.Unstructured(Subject)}
            Message-ID: <{MessageId}>
            Date: {Date.ToUniversalTime().ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture)}
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: multipart/alternative;
             boundary="{boundary}"

            --{boundary}
            {Part("plain", TextBody)}
            --{boundary}
            {Part("html", HtmlBody)}
            --{boundary}--

            """.ReplaceLineEndings("\r\n"));
    }

    private static string Part(string type, string body) =>
        $"Content-Type: text/{type}; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n{QuotedPrintable.Encode(body)}";
}
