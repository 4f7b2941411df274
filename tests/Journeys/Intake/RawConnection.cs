using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace BillingMonolith.Journeys.Intake;

/// <summary>HTTP by hand: half requests, old versions, bodies without an end.</summary>
internal sealed class RawConnection(TcpClient client, Func<Answer, Answer> heard) : IDisposable
{
    private readonly NetworkStream stream = client.GetStream();

    public Task WriteAsync(string text) => WriteAsync(Encoding.Latin1.GetBytes(text));

    public async Task WriteAsync(byte[] bytes) => await stream.WriteAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>One chunk of a chunked body; an empty one ends it.</summary>
    public async Task WriteChunkAsync(byte[] bytes)
    {
        await WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{bytes.Length:x}\r\n"));
        await WriteAsync(bytes);
        await WriteAsync("\r\n");
    }

    /// <summary>Says that nothing more will come, and goes on listening.</summary>
    public void EndWriting() => client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Is gone without a word, as a machine that lost its power or its patience.</summary>
    public void Reset() => client.Client.Close(timeout: 0);

    /// <summary>Everything up to the end of the connection, however it ends.</summary>
    public async Task<string> ReadAllAsync()
    {
        var all = new MemoryStream();
        try
        {
            await stream.CopyToAsync(all, TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // Reset: the host closed while something of ours was still on its way.
        }

        return Encoding.UTF8.GetString(all.ToArray());
    }

    /// <summary>The next line; null at the end.</summary>
    public async Task<string?> ReadLineAsync()
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one, TestContext.Current.CancellationToken) == 1)
        {
            if (one[0] == '\n') return line.ToString().TrimEnd('\r');
            line.Append((char)one[0]);
        }

        return line.Length > 0 ? line.ToString() : null;
    }

    /// <summary>The answer on a connection that the host then closes.</summary>
    public async Task<Answer> AnswerAsync()
    {
        var text = await ReadAllAsync();
        text.ShouldStartWith("HTTP/1.1 ");
        return heard(new Answer(int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture), text));
    }

    public void Dispose() => client.Dispose();
}
