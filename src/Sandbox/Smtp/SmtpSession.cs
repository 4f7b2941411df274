using System.Net.Sockets;
using System.Text;

namespace BillingMonolith.Sandbox.Smtp;

/// <summary>One conversation (RFC 5321), as a server has it: commands in their order, nothing without a login.</summary>
internal sealed class SmtpSession(Socket socket, SmtpStandIn server)
{
    private static readonly Encoding Bytes = Encoding.Latin1;
    private readonly StreamReader reader = new(new NetworkStream(socket), Bytes);
    private readonly NetworkStream writer = new(socket);
    private bool signedIn;
    private string? from;
    private List<string> recipients = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!await AnswerAsync(SmtpStage.Connect, "220 mail.sandbox ESMTP", cancellationToken)) return;
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith("QUIT", StringComparison.OrdinalIgnoreCase))
            {
                await SayAsync("221 2.0.0 goodbye", cancellationToken);
                return;
            }

            if (!await ObeyAsync(line, cancellationToken)) return;
        }
    }

    /// <summary>False = the connection is to be cut.</summary>
    private async Task<bool> ObeyAsync(string line, CancellationToken cancellationToken) => line.Split(' ', ':')[0].ToUpperInvariant() switch
    {
        "EHLO" => await AnswerAsync(SmtpStage.Hello, "250-mail.sandbox\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 AUTH PLAIN LOGIN", cancellationToken),
        "AUTH" => await SignInAsync(line, cancellationToken),
        "MAIL" when !signedIn => await SayAsync("530 5.7.0 sign in first", cancellationToken),
        "MAIL" => await AnswerAsync(SmtpStage.Mail, "250 2.1.0 ok", cancellationToken, () => (from, recipients) = (Address(line), [])),
        "RCPT" when from is null => await SayAsync("503 5.5.1 MAIL first", cancellationToken),
        "RCPT" => await AnswerAsync(SmtpStage.Recipient, "250 2.1.5 ok", cancellationToken, () => recipients.Add(Address(line))),
        "DATA" when recipients.Count == 0 => await SayAsync("503 5.5.1 RCPT first", cancellationToken),
        "DATA" => await TakeAsync(cancellationToken),
        "RSET" or "NOOP" => await SayAsync("250 2.0.0 ok", cancellationToken),
        _ => await SayAsync("500 5.5.2 what?", cancellationToken),
    };

    private async Task<bool> SignInAsync(string line, CancellationToken cancellationToken)
    {
        var words = line.Split(' ');
        string said;
        if (words is [_, "PLAIN", var plain]) said = Base64(plain);
        else
        {
            await SayAsync("334 VXNlcm5hbWU6", cancellationToken);
            var user = Base64(await reader.ReadLineAsync(cancellationToken) ?? "");
            await SayAsync("334 UGFzc3dvcmQ6", cancellationToken);
            said = $"\0{user}\0{Base64(await reader.ReadLineAsync(cancellationToken) ?? "")}";
        }

        signedIn = said == $"\0{SmtpStandIn.User}\0{server.Password}";
        return await SayAsync(signedIn ? "235 2.7.0 welcome" : "535 5.7.8 wrong user or password", cancellationToken);
    }

    private async Task<bool> TakeAsync(CancellationToken cancellationToken)
    {
        if (!await AnswerAsync(SmtpStage.Data, "354 go on", cancellationToken)) return false;
        var raw = new StringBuilder();
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line == ".") return await EndAsync(raw.ToString(), cancellationToken);
            raw.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        }

        return false;
    }

    // A server that is cut off here has the mail, and its client cannot know.
    private async Task<bool> EndAsync(string raw, CancellationToken cancellationToken)
    {
        var mail = new ReceivedMail(server.Time.GetUtcNow(), from!, recipients, raw);
        (from, recipients) = (null, []);
        var fault = server.TakeFault(SmtpStage.End);
        if (fault?.Answer is null) server.Take(mail);
        if (fault is null) return await SayAsync("250 2.0.0 taken", cancellationToken);
        return await StrikeAsync(fault, cancellationToken);
    }

    private async Task<bool> AnswerAsync(SmtpStage stage, string usual, CancellationToken cancellationToken, Action? apply = null)
    {
        if (server.TakeFault(stage) is { } fault) return await StrikeAsync(fault, cancellationToken);
        apply?.Invoke();
        return await SayAsync(usual, cancellationToken);
    }

    private async Task<bool> StrikeAsync(SmtpFault fault, CancellationToken cancellationToken)
    {
        if (fault.Delay > TimeSpan.Zero) await Task.Delay(fault.Delay, cancellationToken);
        if (fault.Answer is null) socket.LingerState = new LingerOption(enable: true, seconds: 0); // a reset, not a farewell
        return fault.Answer is not null && await SayAsync(fault.Answer, cancellationToken);
    }

    private async Task<bool> SayAsync(string answer, CancellationToken cancellationToken)
    {
        await writer.WriteAsync(Bytes.GetBytes($"{answer}\r\n"), cancellationToken);
        return true;
    }

    private static string Address(string line) => line[(line.IndexOf('<') + 1)..line.LastIndexOf('>')];

    private static string Base64(string text) => Encoding.UTF8.GetString(Convert.FromBase64String(text));
}
