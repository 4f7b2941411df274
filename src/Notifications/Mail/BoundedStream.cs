namespace BillingMonolith.Notifications;

/// <summary>The other side sends without end.</summary>
internal sealed class EndlessAnswerException() : IOException("The other side's answer has no end.");

/// <summary>
/// A connection that limits what the other side may send: between two of our writes, and in total. MailKit reads an answer to its end, and a
/// greeting without an end used 132 MB. TLS lies above it, so its handshake counts too. The caller's token limits the time.
/// </summary>
/// <param name="inner">The connection.</param>
internal sealed class BoundedStream(Stream inner) : Stream
{
    /// <summary>Bytes of an answer: the largest known one is a TLS handshake with a long chain, of about 20 kB.</summary>
    public const int LongestAnswer = 64 * 1024;

    /// <summary>Bytes of a whole conversation, which is about ten answers.</summary>
    public const int LongestConversation = 128 * 1024;

    private int answer;
    private int conversation;

    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Counted(inner.Read(buffer, offset, count));

    public override async Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        await ReadAsync(buffer.AsMemory(offset, count), cancellationToken);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Counted(await inner.ReadAsync(buffer, cancellationToken));

    public override void Write(byte[] buffer, int offset, int count)
    {
        answer = 0;
        inner.Write(buffer, offset, count);
    }

    public override async Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        await WriteAsync(buffer.AsMemory(offset, count), cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        answer = 0;
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    private int Counted(int read)
    {
        (answer, conversation) = (answer + read, conversation + read);
        return answer <= LongestAnswer && conversation <= LongestConversation ? read : throw new EndlessAnswerException();
    }
}
