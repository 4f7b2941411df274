using System.Security.Cryptography;
using System.Text;
using MimeKit;

namespace BillingMonolith.Notifications;

/// <summary>A mail in two forms, text and HTML. The same mail always has the same bytes: nothing in it is random, or depends on the time.</summary>
internal static class MailMime
{
    /// <summary>The id of the mail with this key, without angle brackets: a mail client that gets it twice can recognise it.</summary>
    public static string IdOf(string key, string host) => $"{Hash(key)[..40]}@{host}";

    /// <param name="from">The sender.</param>
    /// <param name="to">The recipient.</param>
    /// <param name="replyTo">The address for replies; null = the sender.</param>
    /// <param name="id">The id, from <see cref="IdOf"/>.</param>
    /// <param name="date">The time of writing.</param>
    /// <param name="words">The text.</param>
    public static MimeMessage Of(
        MailboxAddress from, MailboxAddress to, MailboxAddress? replyTo, string id, DateTimeOffset date, (string Subject, string Text, string Html) words)
    {
        var body = new MultipartAlternative(Part("plain", words.Text), Part("html", words.Html))
        {
            Boundary = $"=_{Hash(id)[..32]}", // quoted-printable never has "=_"
        };
        var message = new MimeMessage([from], [to], Mailboxes.OneLine(words.Subject), body);
        if (replyTo is not null) message.ReplyTo.Add(replyTo);
        (message.MessageId, message.Date) = (id, date.ToUniversalTime());
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        return message;
    }

    private static TextPart Part(string subtype, string body) =>
        new(subtype) { Text = body.ReplaceLineEndings("\n"), ContentTransferEncoding = ContentEncoding.QuotedPrintable };

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
