using System.Globalization;
using System.Text;

namespace BillingMonolith.Host.Smtp;

/// <summary>The two directions of an SMTP connection. What is read is bounded: a server that talks for ever is none.</summary>
internal sealed class SmtpLines(Stream stream) : IAsyncDisposable
{
    private const int LongestLine = 2000;
    private const int MostLines = 100;
    private readonly byte[] buffer = new byte[1024];
    private int next;
    private int filled;

    public async Task WriteAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(bytes, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    /// <summary>An answer: its code, and the text of its lines.</summary>
    public async Task<(int Code, IReadOnlyList<string> Text)> ReadAsync(CancellationToken cancellationToken)
    {
        List<string> text = [];
        while (text.Count < MostLines)
        {
            var line = await LineAsync(cancellationToken);
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code)
                || (line.Length > 3 && line[3] is not (' ' or '-'))) throw new SmtpProtocolException("What the other side says is not SMTP.");
            text.Add(line.Length > 4 ? line[4..] : "");
            if (line.Length == 3 || line[3] == ' ') return (code, text);
        }

        throw new SmtpProtocolException("The mail server's answer has no end.");
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private async Task<string> LineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (line.Length < LongestLine)
        {
            if (next == filled)
            {
                (next, filled) = (0, await stream.ReadAsync(buffer, cancellationToken));
                if (filled == 0) throw new SmtpProtocolException("The mail server hung up.");
            }

            var c = (char)buffer[next++];
            if (c == '\n') return line.ToString().TrimEnd('\r');
            line.Append(c is '\r' or '\t' || !char.IsControl(c) ? c : '?');
        }

        throw new SmtpProtocolException("The mail server's answer has no end.");
    }
}
