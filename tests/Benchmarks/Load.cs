using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using BillingMonolith.Host.Webhook;

namespace BillingMonolith.Benchmarks;

/// <summary>What one turn came to.</summary>
internal sealed record Turn(int Answers, double Seconds, double P50Milliseconds, double P99Milliseconds)
{
    public double PerSecond => Answers / Seconds;

    /// <summary>Processor time of the contender and of PostgreSQL together, in µs an event; by far steadier than a rate when others use the machine.</summary>
    public double Cost { get; init; }
}

/// <summary>
/// Posts signed events from 64 connections, each with one request under way. One thread asks the kernel who has an answer, as wrk does, and the
/// requests are signed before the clock starts: the machine is there for the contender.
/// </summary>
internal sealed class Load(EventTemplate template, string secret)
{
    /// <summary>The events are measured, and not what is written about them to the buyers.</summary>
    public static readonly IReadOnlyDictionary<string, string?> WithoutMail = new Dictionary<string, string?> { ["Mail__SmtpUrl"] = "" };
    private const int Connections = 64;
    private byte[][] requests = [];
    private int nextEvent;

    /// <summary>Makes this many requests with events that were never sent before.</summary>
    public void Prepare(int count)
    {
        var now = TimeProvider.System.GetUtcNow();
        var body = new byte[template.Length];
        requests = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            template.Write(body, nextEvent++);
            var head = string.Create(CultureInfo.InvariantCulture, $"""
                POST /webhooks/stripe HTTP/1.1
                Host: 127.0.0.1
                Content-Type: application/json; charset=utf-8
                Content-Length: {body.Length}
                Stripe-Signature: {StripeSignature.Sign(body, secret, now)}


                """).Replace("\n", "\r\n", StringComparison.Ordinal);
            requests[i] = [.. Encoding.ASCII.GetBytes(head), .. body];
        }
    }

    /// <summary>Sends what was prepared, each once, until it is spent or the time is over.</summary>
    /// <param name="url">Base address of the contender.</param>
    /// <param name="atMost">The time.</param>
    /// <param name="again">Begins anew with what is spent: for one who does not store.</param>
    public Task<Turn> SendAsync(string url, TimeSpan atMost, bool again = false) =>
        Task.Factory.StartNew(() => Send(new Uri(url), atMost, again), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private Turn Send(Uri address, TimeSpan atMost, bool again)
    {
        var lines = Enumerable.Range(0, Connections).Select(_ => new Line(address)).ToDictionary(l => l.Socket);
        var (next, answers, latencies) = (0, 0, new List<double>(requests.Length));
        var started = Stopwatch.GetTimestamp();
        foreach (var line in lines.Values) line.Send(requests[next++ % requests.Length]);
        var waiting = lines.Values.ToHashSet();
        var ready = new List<Socket>(Connections);
        while (waiting.Count > 0)
        {
            ready.Clear();
            foreach (var line in waiting) ready.Add(line.Socket);
            Socket.Select(ready, checkWrite: null, checkError: null, TimeSpan.FromSeconds(30));
            if (ready.Count == 0) throw new TimeoutException($"{address} does not answer.");
            foreach (var socket in ready)
            {
                if (!lines[socket].Receive(out var milliseconds)) continue;
                latencies.Add(milliseconds);
                answers++;
                if ((again || next < requests.Length) && Stopwatch.GetElapsedTime(started) < atMost) lines[socket].Send(requests[next++ % requests.Length]);
                else waiting.Remove(lines[socket]);
            }
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        foreach (var line in lines.Values) line.Dispose();
        latencies.Sort();
        return new Turn(answers, seconds, latencies[latencies.Count / 2], latencies[latencies.Count * 99 / 100]);
    }

    /// <summary>One connection.</summary>
    private sealed class Line : IDisposable
    {
        private readonly byte[] answer = new byte[4096];
        private int length;
        private long sent;

        public Line(Uri address)
        {
            Socket.Connect(IPAddress.Loopback, address.Port);
        }

        public Socket Socket { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        public void Send(byte[] request)
        {
            length = 0;
            sent = Stopwatch.GetTimestamp();
            Socket.Send(request);
        }

        /// <summary>False while the answer is not whole.</summary>
        /// <exception cref="InvalidOperationException">It is not 200: then there is nothing to measure.</exception>
        public bool Receive(out double milliseconds)
        {
            var read = Socket.Receive(answer.AsSpan(length));
            length += read;
            milliseconds = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
            var text = answer.AsSpan(0, length);
            if (read == 0 || (length > 12 && !text[8..].StartsWith(" 200"u8)))
                throw new InvalidOperationException($"The answer was: {Encoding.ASCII.GetString(text)}");
            return IsWhole(text);
        }

        public void Dispose() => Socket.Dispose();

        private static bool IsWhole(ReadOnlySpan<byte> text)
        {
            if (text.IndexOf("\r\n\r\n"u8) is not (var end and > 0)) return false;
            var head = text[..end];
            if (head.IndexOf("Content-Length: "u8) is not (var at and > 0)) return text.EndsWith("\r\n0\r\n\r\n"u8);
            var value = head[(at + 16)..];
            if (value.IndexOf("\r\n"u8) is var stop and > 0) value = value[..stop];
            return text.Length >= end + 4 + int.Parse(value, CultureInfo.InvariantCulture);
        }
    }
}
