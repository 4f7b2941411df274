using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace BillingMonolith.Journeys.Kit;

/// <summary>One client's connection through the relay: its messages are read one by one, so that it can be cut between two of them.</summary>
internal sealed class RelayedConnection(PostgresRelay relay, Socket client) : IDisposable
{
    private const int EncryptionRequests = 80877103; // SSLRequest; GSSENCRequest is the next number
    private readonly Socket server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly CommitWatch watch = new();
    private volatile PostgresRelay.Strike? struck;

    public async Task RunAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        try
        {
            client.NoDelay = true;
            await relay.WhenOpenAsync();
            await server.ConnectAsync(address, cancellationToken);
            await Task.WhenAny(FromClientAsync(), FromServerAsync());
        }
        catch (Exception fault) when (fault is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Either side has gone, or we have cut it; both ends are closed by the caller.
        }

        if (struck is null) return;
        Cut();
        struck.Done.TrySetResult();
    }

    /// <summary>Resets both sides: what is under way is lost, as when a network fails.</summary>
    public void Cut()
    {
        client.Close(timeout: 0);
        server.Close(timeout: 0);
    }

    public void Dispose()
    {
        client.Dispose();
        server.Dispose();
    }

    private async Task FromClientAsync()
    {
        await using var stream = new NetworkStream(client);
        var (reader, writer) = (PipeReader.Create(stream), PipeWriter.Create(new NetworkStream(server)));
        while (await NextAsync(reader, typed: false) is { } startup)
        {
            if (BinaryPrimitives.ReadInt32BigEndian(startup.AsSpan(4)) - EncryptionRequests is not (0 or 1))
            {
                await writer.WriteAsync(startup);
                break;
            }

            await stream.WriteAsync("N"u8.ToArray());
        }

        while (await NextAsync(reader, typed: true) is { } message)
        {
            if (watch.FromClient((char)message[0], message.AsSpan(5)) && relay.TakeStrike(watch.Transaction) is { } strike)
            {
                struck = strike;
                if (!strike.Applied) return;
            }

            await relay.WhenOpenAsync();
            await writer.WriteAsync(message);
        }
    }

    private async Task FromServerAsync()
    {
        var (reader, writer) = (PipeReader.Create(new NetworkStream(server)), PipeWriter.Create(new NetworkStream(client)));
        while (await NextAsync(reader, typed: true) is { } message)
        {
            var answered = message[0] == 'Z' && watch.Ready((char)message[5]);
            if (struck is not null)
            {
                if (answered) return;
                continue;
            }

            await relay.WhenOpenAsync();
            await writer.WriteAsync(message);
        }
    }

    /// <summary>The next whole message, with its head; null at the end of the stream.</summary>
    private static async Task<byte[]?> NextAsync(PipeReader reader, bool typed)
    {
        var head = typed ? 5 : 4;
        var read = await reader.ReadAtLeastAsync(head);
        if (read.Buffer.Length < head) return null;
        var length = (typed ? 1 : 0) + BinaryPrimitives.ReadInt32BigEndian(read.Buffer.Slice(head - 4, 4).ToArray());
        reader.AdvanceTo(read.Buffer.Start);
        read = await reader.ReadAtLeastAsync(length);
        if (read.Buffer.Length < length) return null;
        var message = read.Buffer.Slice(0, length).ToArray();
        reader.AdvanceTo(read.Buffer.GetPosition(length));
        return message;
    }
}
