using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using BillingMonolith.Host.Http;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Edge;

/// <summary>
/// Webhook requests without an authentic signature, counted per address in windows of a minute. A request is counted once it turns out not to be
/// authentic, so an authentic one needs no permit and delays nobody; a burst can exceed the limit by the number of its concurrent requests.
/// </summary>
/// <remarks>
/// Beyond <see cref="MostAddresses"/> in one window further addresses are not counted: the signature still protects, memory stays bounded, and no
/// sender is refused because of others.
/// </remarks>
internal sealed class AddressLimiter(IOptions<LimitsOptions> limits, TimeProvider time)
{
    internal const int MostAddresses = 50_000;
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(1);

    private readonly int limit = limits.Value.WebhookPerMinute;
    private Window window = new(time.GetTimestamp());

    /// <summary>Addresses held in memory.</summary>
    internal int Addresses => Volatile.Read(ref window).Addresses;

    /// <summary>The time that this address has to wait; null = none.</summary>
    public TimeSpan? Wait(IPAddress? address)
    {
        var current = Current();
        return current.Counts.TryGetValue(Key(address), out var count) && count >= limit ? Length - time.GetElapsedTime(current.Start) : null;
    }

    /// <summary>Counts a request that was not authentic.</summary>
    public void Count(IPAddress? address)
    {
        var current = Current();
        var key = Key(address);
        if (current.Counts.ContainsKey(key) || Interlocked.Increment(ref current.Addresses) <= MostAddresses)
            current.Counts.AddOrUpdate(key, 1, static (_, count) => count + 1);
        else
            Interlocked.Decrement(ref current.Addresses);
    }

    // One window for all, so that the old one is dropped as a whole.
    private Window Current()
    {
        var current = Volatile.Read(ref window);
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(current.Start, now) < Length) return current;
        var next = new Window(now);
        var seen = Interlocked.CompareExchange(ref window, next, current);
        return seen == current ? next : seen;
    }

    // An IPv6 address counts with its /64, which one customer has; IPv4, also mapped, in the reserved range ::/32. No address (a unix socket) is 0.
    private static ulong Key(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out var length)) return 0;
        if (length == 4) return BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return address.IsIPv4MappedToIPv6 ? BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]) : BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    private sealed class Window(long start)
    {
        public int Addresses;

        public long Start { get; } = start;
        public ConcurrentDictionary<ulong, int> Counts { get; } = [];
    }
}
