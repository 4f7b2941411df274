using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using BillingMonolith.Host.Outbox;

namespace BillingMonolith.Host.Smtp;

/// <summary>
/// One connection to a mail server (RFC 5321, STARTTLS of RFC 3207, AUTH of RFC 4954); its names are MailKit's, whose place it takes. Time limits are the
/// caller's token.
/// </summary>
internal sealed class SmtpClient(SmtpServer server) : IAsyncDisposable
{
    private readonly TcpClient tcp = new();
    private SmtpLines? lines;
    private HashSet<string> extensions = new(StringComparer.OrdinalIgnoreCase);
    private bool isSecure;

    /// <summary>Connects, secures the connection and signs in.</summary>
    /// <param name="localDomain">How this host calls itself.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task ConnectAsync(string localDomain, CancellationToken cancellationToken)
    {
        await tcp.ConnectAsync(server.Host, server.Port, cancellationToken);
        lines = new SmtpLines(tcp.GetStream());
        if (server.IsImplicitTls) await SecureAsync(cancellationToken);
        await ExpectAsync(command: null, 220, cancellationToken);
        await HelloAsync(localDomain, cancellationToken);
        if (!isSecure && await UpgradesAsync(cancellationToken)) await HelloAsync(localDomain, cancellationToken);
        if (server.Username is not null) await AuthenticateAsync(server.Username, server.Password ?? "", cancellationToken);
    }

    /// <summary>Hands a message over. When it returns the server has it; when the connection is lost at the end nobody knows.</summary>
    public async Task SendAsync(MimeMessage message, CancellationToken cancellationToken)
    {
        await AskAsync("MAIL", $"MAIL FROM:<{message.From.Address}>", 250, cancellationToken);
        await AskAsync("RCPT", $"RCPT TO:<{message.To.Address}>", 250, cancellationToken);
        await AskAsync("DATA", "DATA", 354, cancellationToken);
        await lines!.WriteAsync(DotStuffed(message.ToBytes()), cancellationToken);
        await ExpectAsync("DATA", 250, cancellationToken);
    }

    /// <summary>Says goodbye; whether it is heard does not matter.</summary>
    public async Task DisconnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            await AskAsync("QUIT", "QUIT", 221, cancellationToken);
        }
        catch (Exception e) when (e is IOException or SmtpProtocolException or SmtpCommandException or OperationCanceledException)
        {
            // the mail was taken
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (lines is not null) await lines.DisposeAsync();
        tcp.Dispose();
    }

    /// <summary>A line that begins with a dot gets another one, and a dot alone ends it all (RFC 5321, 4.5.2). The message ends with CRLF.</summary>
    internal static byte[] DotStuffed(byte[] message)
    {
        List<byte> stuffed = new(message.Length + 16);
        for (var i = 0; i < message.Length; i++)
        {
            if (message[i] == '.' && (i == 0 || message[i - 1] == '\n')) stuffed.Add((byte)'.');
            stuffed.Add(message[i]);
        }

        stuffed.AddRange(".\r\n"u8);
        return [.. stuffed];
    }

    private async Task HelloAsync(string localDomain, CancellationToken cancellationToken)
    {
        var answer = await AskAsync("EHLO", $"EHLO {localDomain}", 250, cancellationToken);
        extensions = answer.Skip(1).ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    private async Task<bool> UpgradesAsync(CancellationToken cancellationToken)
    {
        var isOffered = extensions.Contains("STARTTLS");
        if (server.Security == SecureSocketOptions.StartTls && !isOffered)
            throw new SmtpProtocolException("The mail server offers no STARTTLS. Set Mail__StartTls=SslOnConnect, or None where nobody listens.");
        if (server.Security == SecureSocketOptions.None || !isOffered) return false;
        await AskAsync("STARTTLS", "STARTTLS", 220, cancellationToken);
        await SecureAsync(cancellationToken);
        return true;
    }

    // What was said before TLS is forgotten with its reader: nobody can have put words into our server's mouth.
    private async Task SecureAsync(CancellationToken cancellationToken)
    {
        var tls = new SslStream(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = server.Host }, cancellationToken);
        (lines, isSecure) = (new SmtpLines(tls), true);
    }

    private async Task AuthenticateAsync(string user, string password, CancellationToken cancellationToken)
    {
        if (!isSecure && server.Security != SecureSocketOptions.None)
            throw new SmtpProtocolException(
                "The mail server offers no TLS, and a password is not sent without. Set Mail__StartTls=None to send it all the same.");
        var mechanisms = extensions.Where(e => e.StartsWith("AUTH", StringComparison.OrdinalIgnoreCase))
            .SelectMany(e => e.ToUpperInvariant().Split(' ', '=')).ToHashSet();
        if (mechanisms.Contains("PLAIN"))
        {
            await AskAsync("AUTH", $"AUTH PLAIN {Base64($"\0{user}\0{password}")}", 235, cancellationToken);
        }
        else if (mechanisms.Contains("LOGIN"))
        {
            await AskAsync("AUTH", "AUTH LOGIN", 334, cancellationToken);
            await AskAsync("AUTH", Base64(user), 334, cancellationToken);
            await AskAsync("AUTH", Base64(password), 235, cancellationToken);
        }
        else
        {
            throw new SmtpProtocolException("The mail server offers neither AUTH PLAIN nor AUTH LOGIN, but a username is set.");
        }
    }

    private async Task<IReadOnlyList<string>> AskAsync(string name, string command, int expected, CancellationToken cancellationToken)
    {
        await lines!.WriteAsync(Encoding.ASCII.GetBytes($"{command}\r\n"), cancellationToken);
        return await ExpectAsync(name, expected, cancellationToken);
    }

    // 251 = forwarded (RFC 5321): taken as well.
    private async Task<IReadOnlyList<string>> ExpectAsync(string? command, int expected, CancellationToken cancellationToken)
    {
        var (code, text) = await lines!.ReadAsync(cancellationToken);
        return code == expected || (expected == 250 && code == 251) ? text : throw new SmtpCommandException(command, code, string.Join(' ', text));
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
