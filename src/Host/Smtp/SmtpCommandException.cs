using System.Text.RegularExpressions;

namespace BillingMonolith.Host.Smtp;

/// <summary>The server refuses a command (RFC 5321, 4.2). Its words are kept without the addresses in them.</summary>
/// <param name="command">The command; null = the greeting.</param>
/// <param name="statusCode">4xx = later perhaps, 5xx = not so.</param>
/// <param name="text">What the server says.</param>
internal sealed partial class SmtpCommandException(string? command, int statusCode, string text)
    : Exception($"The mail server answers {statusCode} to {command ?? "the connection"}: {Address().Replace(text, "…@${domain}")}")
{
    public int StatusCode => statusCode;

    /// <summary>
    /// This message is refused for good. Whoever refuses the connection or the login will take it once the settings are right, so that is none.
    /// </summary>
    public bool IsFinal => statusCode is >= 500 and not (530 or 534 or 535 or 538) && command is ("MAIL" or "RCPT" or "DATA");

    [GeneratedRegex(@"[^\s<>@""]+@(?<domain>[^\s<>@"":]+)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}

/// <summary>What the other side says is not SMTP, or it went away. After the end of the data nobody knows whether it took the mail.</summary>
internal sealed class SmtpProtocolException(string message) : Exception(message);
