using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace BillingMonolith.Sandbox.Smtp;

/// <summary>One conversation (RFC 5321), as a server has it: commands in their order, nothing without a login.</summary>
internal sealed class SmtpSession(Socket socket, SmtpStandIn server)
{
    private static readonly Encoding Bytes = Encoding.Latin1;
    private readonly SmtpKind kind = server.Kind;
    private readonly StringBuilder chunks = new();
    private Stream stream = new NetworkStream(socket);
    private StreamReader reader = StreamReader.Null;
    private bool isSecure;
    private bool signedIn;
    private string? from;
    private List<string> recipients = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        reader = new StreamReader(stream, Bytes);
        if (kind.Tls == SmtpTls.Implicit) await SecureAsync(cancellationToken);
        if (!await AnswerAsync(SmtpStage.Connect, "220 mail.sandbox ESMTP", cancellationToken)) return;
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith("QUIT", StringComparison.OrdinalIgnoreCase))
            {
                await AnswerAsync(SmtpStage.Quit, "221 2.0.0 goodbye", cancellationToken);
                return;
            }

            if (!await ObeyAsync(line, cancellationToken)) return;
        }
    }

    /// <summary>False = the connection is to be cut.</summary>
    private async Task<bool> ObeyAsync(string line, CancellationToken cancellationToken) => line.Split(' ', ':')[0].ToUpperInvariant() switch
    {
        "EHLO" => await AnswerAsync(SmtpStage.Hello, string.Join("\r\n", Extensions()), cancellationToken),
        "HELO" => await SayAsync("250 mail.sandbox", cancellationToken),
        "STARTTLS" when kind.Tls == SmtpTls.StartTls && !isSecure => await StartTlsAsync(cancellationToken),
        "AUTH" => await SignInAsync(line, cancellationToken),
        "MAIL" when !signedIn => await SayAsync("530 5.7.0 sign in first", cancellationToken),
        "MAIL" => await AnswerAsync(SmtpStage.Mail, "250 2.1.0 ok", cancellationToken, () => (from, recipients) = (Address(line), [])),
        "RCPT" when from is null => await SayAsync("503 5.5.1 MAIL first", cancellationToken),
        "RCPT" when !kind.TakesUtf8 && line.Any(c => c > 127) => await SayAsync("553 5.6.7 no SMTPUTF8 here", cancellationToken),
        "RCPT" => await AnswerAsync(SmtpStage.Recipient, "250 2.1.5 ok", cancellationToken, () => recipients.Add(Address(line))),
        "DATA" or "BDAT" when recipients.Count == 0 => await SayAsync("503 5.5.1 RCPT first", cancellationToken),
        "DATA" => await TakeAsync(cancellationToken),
        "BDAT" when kind.Chunks => await TakeChunkAsync(line.Split(' '), cancellationToken),
        "RSET" or "NOOP" => await SayAsync("250 2.0.0 ok", cancellationToken),
        _ => await SayAsync("500 5.5.2 what?", cancellationToken),
    };

    private IEnumerable<string> Extensions()
    {
        List<string> offered = ["mail.sandbox", "PIPELINING", "SIZE 10240000", "8BITMIME", "ENHANCEDSTATUSCODES"];
        if (kind.Tls == SmtpTls.StartTls && !isSecure) offered.Add("STARTTLS");
        else offered.Add($"AUTH {kind.Mechanisms}");
        if (kind.TakesUtf8) offered.Add("SMTPUTF8");
        if (kind.Chunks) offered.AddRange(["CHUNKING", "BINARYMIME"]);
        return offered.Select((extension, i) => $"250{(i < offered.Count - 1 ? '-' : ' ')}{extension}");
    }

    private async Task<bool> StartTlsAsync(CancellationToken cancellationToken)
    {
        await SayAsync(kind.StartTlsAnswer, cancellationToken);
        if (kind.StartTlsAnswer.StartsWith("220", StringComparison.Ordinal)) await SecureAsync(cancellationToken);
        return true;
    }

    // What was said before is forgotten with its reader.
    private async Task SecureAsync(CancellationToken cancellationToken)
    {
        var tls = new SslStream(stream);
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = kind.Certificate }, cancellationToken);
        (stream, reader, isSecure) = (tls, new StreamReader(tls, Bytes), true);
    }

    private async Task<bool> SignInAsync(string line, CancellationToken cancellationToken)
    {
        var words = line.Split(' ');
        if (!kind.Mechanisms.Split(' ').Contains(words[1])) return await SayAsync("504 5.5.4 not this one", cancellationToken);
        if (!isSecure) server.CountLoginInClear();
        string said;
        if (words[1] == "PLAIN") said = words.Length > 2 ? Base64(words[2]) : await AskAsync("334 ", cancellationToken);
        else
        {
            var user = words.Length > 2 ? Base64(words[2]) : await AskAsync("334 VXNlcm5hbWU6", cancellationToken);
            said = $"\0{user}\0{await AskAsync("334 UGFzc3dvcmQ6", cancellationToken)}";
        }

        signedIn = said == $"\0{SmtpStandIn.User}\0{server.Password}";
        return await AnswerAsync(SmtpStage.Login, signedIn ? "235 2.7.0 welcome" : "535 5.7.8 wrong user or password", cancellationToken);
    }

    private async Task<string> AskAsync(string question, CancellationToken cancellationToken)
    {
        await SayAsync(question, cancellationToken);
        return Base64(await reader.ReadLineAsync(cancellationToken) ?? "");
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

    private async Task<bool> TakeChunkAsync(string[] words, CancellationToken cancellationToken)
    {
        var chunk = new char[int.Parse(words[1])];
        if (await reader.ReadBlockAsync(chunk, cancellationToken) < chunk.Length) return false;
        chunks.Append(chunk);
        return words.Length > 2 ? await EndAsync(chunks.ToString(), cancellationToken) : await SayAsync("250 2.0.0 go on", cancellationToken);
    }

    // A server that is cut off here has the mail, and its client cannot know.
    private async Task<bool> EndAsync(string raw, CancellationToken cancellationToken)
    {
        var mail = new ReceivedMail(server.Time.GetUtcNow(), from!, recipients, raw) { IsSecure = isSecure };
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
        if (fault.Flood != SmtpFlood.None) await FloodAsync(fault, cancellationToken);
        if (fault.Answer is null) socket.LingerState = new LingerOption(enable: true, seconds: 0); // a reset, not a farewell
        return fault.Answer is not null && await SayAsync(fault.Answer, cancellationToken);
    }

    // Until the other side has enough.
    private async Task FloodAsync(SmtpFault fault, CancellationToken cancellationToken)
    {
        var code = fault.Stage == SmtpStage.Connect ? "220" : "250";
        if (fault.Flood == SmtpFlood.Line) await WriteAsync($"{code} ", cancellationToken);
        while (true)
        {
            switch (fault.Flood)
            {
                case SmtpFlood.Line:
                    await WriteAsync(new string('x', 1000), cancellationToken);
                    break;
                case SmtpFlood.Lines:
                    await WriteAsync($"{code}-{new string('x', 900)}\r\n", cancellationToken);
                    break;
                default:
                    foreach (var letter in $"{code}-x\r\n")
                    {
                        await WriteAsync($"{letter}", cancellationToken);
                        await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
                    }

                    break;
            }
        }
    }

    private async Task<bool> SayAsync(string answer, CancellationToken cancellationToken)
    {
        for (var chatter = 0; chatter < kind.Chatter; chatter += 1000) await WriteAsync($"{answer[..3]}-{new string('x', 994)}\r\n", cancellationToken);
        await WriteAsync($"{answer}\r\n", cancellationToken);
        return true;
    }

    private async Task WriteAsync(string text, CancellationToken cancellationToken) => await stream.WriteAsync(Bytes.GetBytes(text), cancellationToken);

    private static string Address(string line) => Encoding.UTF8.GetString(Bytes.GetBytes(line[(line.IndexOf('<') + 1)..line.LastIndexOf('>')]));

    private static string Base64(string text) => Encoding.UTF8.GetString(Convert.FromBase64String(text));
}
