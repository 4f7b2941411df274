using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace BillingMonolith.Sandbox.Smtp;

/// <summary>A mail as it came, read as a mail program reads it: folded headers, encoded words, alternatives, transfer encodings.</summary>
internal sealed partial record ReceivedMail(DateTimeOffset At, string EnvelopeFrom, IReadOnlyList<string> Recipients, string Raw)
{
    private const string Blank = "\r\n\r\n";
    private readonly Lazy<IReadOnlyList<(string Name, string Value)>> headers = new(() => HeadersOf(Raw));

    /// <summary>Whether it came over TLS.</summary>
    public bool IsSecure { get; init; }

    /// <summary>In their order, unfolded and decoded.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers => headers.Value;

    public string? this[string name] => Headers.FirstOrDefault(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    public string MessageId => this["Message-ID"] ?? "";
    public string Subject => this["Subject"] ?? "";
    public string Text => Part("text/plain");
    public string Html => Part("text/html");

    private string Part(string type) => Parts().FirstOrDefault(p => p.Type.StartsWith(type, StringComparison.OrdinalIgnoreCase)).Body ?? "";

    private IEnumerable<(string Type, string Body)> Parts()
    {
        var boundary = Boundary().Match(this["Content-Type"] ?? "");
        if (!boundary.Success) return [(this["Content-Type"] ?? "text/plain", Decoded(Raw))];
        return Raw.Split($"--{boundary.Groups["b"].Value}").Skip(1).Where(p => !p.StartsWith("--", StringComparison.Ordinal))
            .Select(p => p[2..]).Select(p => (HeadersOf(p).FirstOrDefault(h => h.Name == "Content-Type").Value ?? "text/plain", Decoded(p)));
    }

    private static string Decoded(string part)
    {
        var body = part[(part.IndexOf(Blank, StringComparison.Ordinal) + Blank.Length)..];
        var encoding = HeadersOf(part).FirstOrDefault(h => h.Name.Equals("Content-Transfer-Encoding", StringComparison.OrdinalIgnoreCase)).Value;
        return encoding?.ToLowerInvariant() switch
        {
            "quoted-printable" => Encoding.UTF8.GetString(FromQuotedPrintable(body)),
            "base64" => Encoding.UTF8.GetString(Convert.FromBase64String(body)),
            _ => body,
        };
    }

    private static byte[] FromQuotedPrintable(string body)
    {
        List<byte> bytes = [];
        for (var i = 0; i < body.Length; i++)
        {
            if (body[i] != '=') bytes.Add((byte)body[i]);
            else if (body.AsSpan(i + 1).StartsWith("\r\n")) i += 2;
            else
            {
                bytes.Add(byte.Parse(body.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 2;
            }
        }

        return [.. bytes];
    }

    private static IReadOnlyList<(string Name, string Value)> HeadersOf(string part)
    {
        var end = part.IndexOf(Blank, StringComparison.Ordinal);
        var unfolded = Fold().Replace(end < 0 ? part : part[..end], " ");
        return [.. unfolded.Split("\r\n").Select(l => l.Split(':', 2)).Where(h => h.Length == 2).Select(h => (h[0], Words(h[1].Trim())))];
    }

    // White space between two encoded words is none (RFC 2047, 6.2). A message for SMTPUTF8 has UTF-8 as it is.
    private static string Words(string value)
    {
        var text = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(value));
        return Word().Replace(BetweenWords().Replace(text, "?==?"), m => Encoding.GetEncoding(m.Groups["charset"].Value).GetString(
            m.Groups["how"].Value is "B" or "b"
                ? Convert.FromBase64String(m.Groups["text"].Value)
                : FromQuotedPrintable(m.Groups["text"].Value.Replace('_', ' '))));
    }

    [GeneratedRegex("boundary=\"?(?<b>[^\";]+)\"?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Boundary();

    [GeneratedRegex("\r\n[ \t]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Fold();

    [GeneratedRegex(@"\?=\s+=\?", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BetweenWords();

    [GeneratedRegex(@"=\?(?<charset>[\w-]+)\?(?<how>[BbQq])\?(?<text>[^?]*)\?=", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
