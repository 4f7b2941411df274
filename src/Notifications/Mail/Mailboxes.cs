using System.Text;
using System.Text.RegularExpressions;
using MimeKit;

namespace BillingMonolith.Notifications;

/// <summary>
/// The addresses that mail can go to. An unusual one (a line break, a second address, a comment, a quoted local part) is refused: RFC 5322 allows it,
/// but nobody means it. An international domain may go as punycode, letters before the @ may not: they need a server with SMTPUTF8.
/// </summary>
internal static partial class Mailboxes
{
    private const int Longest = 254; // RFC 5321, 4.5.3.1.3, without the brackets
    private static readonly ParserOptions Strict = new() { AddressParserComplianceMode = RfcComplianceMode.Strict, AllowAddressesWithoutDomain = false };

    /// <summary>Null when the address is invalid. A name may be anything; its control characters become spaces.</summary>
    public static MailboxAddress? Of(string? name, string? address)
    {
        if (address is null || address.Length > Longest || !MailboxAddress.TryParse(Strict, address, out var parsed) || parsed.Address != address) return null;
        var ascii = parsed.GetAddress(idnEncode: true);
        var domain = ascii[(ascii.LastIndexOf('@') + 1)..];
        return ascii.Length <= Longest && LocalPart().IsMatch(parsed.LocalPart) && Uri.CheckHostName(domain) == UriHostNameType.Dns
            ? new MailboxAddress(OneLine(name ?? ""), address)
            : null;
    }

    /// <summary>Reads <c>Name &lt;address&gt;</c> or an address alone; null for other text.</summary>
    public static MailboxAddress? TryParse(string? text) =>
        text is { Length: < 2 * Longest } && MailboxAddress.TryParse(text, out var mailbox) ? Of(mailbox.Name, mailbox.Address) : null;

    /// <summary>Whether only a server with SMTPUTF8 (RFC 6531) accepts it.</summary>
    public static bool NeedsUtf8(MailboxAddress mailbox) => !Ascii.IsValid(mailbox.LocalPart);

    /// <summary>
    /// Text for a header: without control characters, line breaks and anything like an encoded word (RFC 2047), because MimeKit leaves those
    /// unchanged, and the mail client would decode them.
    /// </summary>
    public static string OneLine(string text) =>
        string.Concat(text.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c)).Replace("=?", "= ?", StringComparison.Ordinal).Trim();

    [GeneratedRegex(@"^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~.-]{1,64}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LocalPart();
}
