using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace BillingMonolith.Notifications;

/// <summary>
/// Hands one mail over by MailKit, with the four guards that MailKit leaves to its caller: no password without TLS (unless configured), no international
/// address to a server that does not accept it, no answer without end, and no message of MailKit's or the server's that contains an address or a secret.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="message">The mail, to one recipient.</param>
internal sealed class SmtpTransport(SmtpServer server, MimeMessage message)
{
    private readonly MailboxAddress to = message.To.Mailboxes.Single();
    private Stage stage;
    private string? distrust;

    private enum Stage
    {
        Connection,
        Login,
        Message,
    }

    /// <summary>Sent means that the server has it; when the connection is lost at the end, the outcome is unknown.</summary>
    /// <param name="cancellationToken">Ends the waiting, by an exception.</param>
    public async Task<Delivery> SendAsync(CancellationToken cancellationToken)
    {
        using var tcp = new TcpClient();
        using var client = new SmtpClient
        {
            LocalDomain = message.MessageId!.Split('@')[^1],
            CheckCertificateRevocation = false, // as for our neighbours over HTTPS: a revocation list that cannot be fetched would stop all mail
            ServerCertificateValidationCallback = IsTrusted,
        };
        try
        {
            if (await ConnectAsync(client, tcp, cancellationToken) is { } why) return new Delivery.Failed(why);
            if (Mailboxes.NeedsUtf8(to) && !client.Capabilities.HasFlag(SmtpCapabilities.UTF8))
                return new Delivery.Refused("The address has letters before the @ that only mail servers with SMTPUTF8 take, and this one offers none. "
                    + "Give the user another address or the host another mail server, then retry.");
            stage = Stage.Message;
            var format = FormatOptions.Default.Clone();
            format.International = Mailboxes.NeedsUtf8(to);
            await client.SendAsync(format, message, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return Failure(e);
        }

        await SayGoodbyeAsync(client, cancellationToken);
        return new Delivery.Sent(250);
    }

    /// <summary>Connects, secures the connection and signs in; the obstacle, or null.</summary>
    private async Task<string?> ConnectAsync(SmtpClient client, TcpClient tcp, CancellationToken cancellationToken)
    {
        await tcp.ConnectAsync(server.Host, server.Port, cancellationToken);
        await client.ConnectAsync(new BoundedStream(tcp.GetStream()), server.Host, server.Port, server.Security, cancellationToken);
        if (server.Username is null) return null;
        stage = Stage.Login;
        if (!client.IsSecure && server.Security != SecureSocketOptions.None)
            return "The mail server offers no TLS, and a password is not sent without. Set Mail__StartTls=None to send it all the same.";
        await client.AuthenticateAsync(server.Username, server.Password ?? "", cancellationToken);
        return null;
    }

    // The mail was accepted: this answer does not matter.
    private static async Task SayGoodbyeAsync(SmtpClient client, CancellationToken cancellationToken)
    {
        try
        {
            await client.DisconnectAsync(quit: true, cancellationToken);
        }
        catch (Exception e) when (e is IOException or ProtocolException or CommandException or OperationCanceledException)
        {
            // as the server sent it
        }
    }

    // MailKit's own callback accepts certificates from a built-in list.
    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        distrust = errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            ? $"its certificate is not for {server.Host}"
            : $"its certificate is not to be trusted ({string.Join(", ", (chain?.ChainStatus ?? []).Select(s => s.Status).Distinct())})";
        return errors == SslPolicyErrors.None;
    }

    private Delivery Failure(Exception e) => e switch
    {
        _ when Find<EndlessAnswerException>(e) is not null => new Delivery.Failed("The mail server's answer has no end."),
        SmtpCommandException c when stage == Stage.Message && IsFinal(c) => new Delivery.Refused($"{Said(c)} Mend it, then retry.", (int)c.StatusCode),
        SmtpCommandException c => new Delivery.Failed(Said(c), (int)c.StatusCode),
        AuthenticationException when Find<SmtpCommandException>(e) is { } c => new Delivery.Failed(
            $"The mail server answers {(int)c.StatusCode} to the login. Mend Mail__Username and Mail__Password.", (int)c.StatusCode),
        ServiceNotAuthenticatedException => new Delivery.Failed("The mail server wants a login. Set Mail__Username and Mail__Password.", 530),
        SslHandshakeException => new Delivery.Failed($"TLS with the mail server failed: {distrust ?? "it speaks none there, or none that is known here"}."),
        NotSupportedException when stage == Stage.Connection => new Delivery.Failed(
            "The mail server offers no STARTTLS. Set Mail__StartTls=SslOnConnect, or None where nobody listens."),
        NotSupportedException or AuthenticationException when stage == Stage.Login => new Delivery.Failed(
            "The mail server offers no login that is known here, but a username is set."),
        SmtpProtocolException => new Delivery.Failed("The mail server hung up, or what it says is not SMTP."),
        _ when Find<SocketException>(e) is { } s => new Delivery.Failed($"The connection to the mail server failed: {s.SocketErrorCode}."),
        _ => new Delivery.Failed($"The connection to the mail server failed: {e.GetType().Name}."),
    };

    /// <summary>Whether the message is refused for good. A refused login is not: the server will accept it once the settings are right.</summary>
    private static bool IsFinal(SmtpCommandException refusal) => (int)refusal.StatusCode is >= 500 and not (530 or 534 or 535 or 538);

    private string Said(SmtpCommandException refusal)
    {
        var command = refusal.ErrorCode switch
        {
            SmtpErrorCode.SenderNotAccepted => "MAIL",
            SmtpErrorCode.RecipientNotAccepted => "RCPT",
            _ => stage switch { Stage.Message => "DATA", Stage.Login => "the login", _ => "the connection" },
        };
        // A server may quote a login in a form that cannot be recognised.
        var words = stage == Stage.Login ? "" : $": {ServerWords.Without(refusal.Message, Secrets)}";
        return $"The mail server answers {(int)refusal.StatusCode} to {command}{words}";
    }

    private IEnumerable<string?> Secrets =>
    [
        to.LocalPart, server.Username, server.Password, Base64(server.Username), Base64(server.Password),
        Base64($"\0{server.Username}\0{server.Password}"),
    ];

    private static string Base64(string? text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text ?? ""));

    private static T? Find<T>(Exception? e) where T : Exception
    {
        for (; e is not null; e = e.InnerException) if (e is T found) return found;
        return null;
    }
}
