using System.Globalization;
using System.Text.RegularExpressions;

namespace BillingMonolith.Host.Smtp;

/// <summary>
/// An address with a name. What is not plainly an address (a line break, a second address, a quoted local part) is refused: it ends up in a
/// header and in a command. A name may be anything; its control characters are left out.
/// </summary>
internal sealed partial record MailboxAddress
{
    private const int Longest = 254; // RFC 5321, 4.5.3.1.3, without the brackets

    private MailboxAddress(string name, string address) => (Name, Address) = (name, address);

    /// <summary>As people read it; empty = none.</summary>
    public string Name { get; }

    /// <summary>ASCII; an international domain is in its A-form.</summary>
    public string Address { get; }

    public string Domain => Address[(Address.LastIndexOf('@') + 1)..];

    /// <summary>Null when the address is none.</summary>
    public static MailboxAddress? Of(string? name, string? address)
    {
        if (address is null || address.LastIndexOf('@') is var at && at <= 0) return null;
        var ascii = $"{address[..at]}@{AForm(address[(at + 1)..])}";
        return ascii.Length <= Longest && Plain().IsMatch(ascii) ? new MailboxAddress(Cleaned(name), ascii) : null;
    }

    /// <summary>Reads <c>Name &lt;address&gt;</c> or an address alone; null when it is neither.</summary>
    public static MailboxAddress? TryParse(string? text) => text?.Trim() switch
    {
        null => null,
        var t when t.EndsWith('>') && t.LastIndexOf('<') is var open and >= 0 => Of(t[..open].Trim().Trim('"'), t[(open + 1)..^1]),
        var t => Of(name: null, t),
    };

    public override string ToString() => $"…@{Domain}"; // what is written into a log by mistake says no more than this

    private static string Cleaned(string? name) => string.Concat((name ?? "").Where(c => !char.IsControl(c) && c is not ('\u2028' or '\u2029'))).Trim();

    private static string AForm(string domain)
    {
        try
        {
            return new IdnMapping().GetAscii(domain);
        }
        catch (ArgumentException)
        {
            return "";
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64})*@"
        + @"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Plain();
}
