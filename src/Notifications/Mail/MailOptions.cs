using MailKit.Security;

namespace BillingMonolith.Notifications;

/// <summary>The mail server and the sender. Without a server there is no mail.</summary>
public sealed class MailOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Mail";

    /// <summary><c>smtp://user:password@host:587</c>, or <c>smtps://</c> for TLS from the first byte; instead of the five below.</summary>
    public string? SmtpUrl { get; set; }
    /// <summary>The server, when <see cref="SmtpUrl"/> is not given.</summary>
    public string? Host { get; set; }
    /// <summary>Its port; 587 without one.</summary>
    public int? Port { get; set; }
    /// <summary>The login; null = none.</summary>
    public string? Username { get; set; }
    /// <summary>Its password.</summary>
    public string? Password { get; set; }

    /// <summary>
    /// How the connection is protected. <c>Auto</c>: TLS from the first byte on port 465, on others STARTTLS where it is offered. <c>StartTls</c> and
    /// <c>SslOnConnect</c>: so, or nothing is sent. <c>None</c>: a relay without TLS. Only with <c>None</c> a password is sent without TLS.
    /// </summary>
    public SecureSocketOptions StartTls { get; set; } = SecureSocketOptions.Auto;

    /// <summary>The sender: <c>Example &lt;billing@example.com&gt;</c>.</summary>
    public string? From { get; set; }
    /// <summary>The address for replies; null = the sender.</summary>
    public string? ReplyTo { get; set; }

    /// <summary>A folder whose files replace templates of the same name.</summary>
    public string? TemplatesFolder { get; set; }

    /// <summary>The operator's address, for notices of a disabled webhook endpoint.</summary>
    public string? OperatorAddress { get; set; }

    /// <summary>Mails that one host sends at once; 0 = it leaves them to others.</summary>
    public int AtOnce { get; set; } = 4;

    /// <summary>The address of our pages, for links; null = none is known. The Host sets it, because it is no setting of its own.</summary>
    public Uri? Origin { get; private set; }

    /// <summary>Sets the address of our pages.</summary>
    public void LinkTo(Uri? origin) => Origin = origin;

    /// <summary>Whether there is a server.</summary>
    public bool IsOn => Server is not null;

    /// <summary>The server; null = there is no mail.</summary>
    public SmtpServer? Server => !string.IsNullOrWhiteSpace(SmtpUrl) ? SmtpServer.Parse(SmtpUrl, StartTls)
        : !string.IsNullOrWhiteSpace(Host) ? new SmtpServer(Host, Port ?? 587, Username, Password, StartTls)
        : null;
}

/// <summary>A mail server.</summary>
public sealed record SmtpServer(string Host, int Port, string? Username, string? Password, SecureSocketOptions Security)
{
    private const int Submission = 587;
    private const int Submissions = 465;

    /// <summary>Null when the text is no address of a mail server.</summary>
    public static SmtpServer? Parse(string text, SecureSocketOptions security)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("smtp" or "smtps") || url.Host.Length == 0
            || url.AbsolutePath is not ("" or "/") || url.Query.Length > 0) return null;
        var user = url.UserInfo.Split(':', 2);
        var isImplicit = url.Scheme == "smtps";
        return new SmtpServer(url.IdnHost, url.Port > 0 ? url.Port : isImplicit ? Submissions : Submission,
            user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null, user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
            isImplicit ? SecureSocketOptions.SslOnConnect : security);
    }

    /// <summary>Without the password.</summary>
    public override string ToString() => $"{Host}:{Port}"; // and never the password
}
