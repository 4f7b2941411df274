using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace BillingMonolith.Host.Webhook;

/// <summary>
/// The <c>Stripe-Signature</c> header: <c>t=&lt;unix seconds&gt;,v1=&lt;hex&gt;[,v1=…][,v0=…]</c>, where v1 is the lower-case hex of
/// HMAC-SHA256 over <c>"&lt;t&gt;." + raw body</c>, keyed with the whole secret, <c>whsec_</c> included (docs.stripe.com/webhooks).
/// </summary>
internal static class StripeSignature
{
    private const int HexLength = HMACSHA256.HashSizeInBytes * 2;
    private const int StackLimit = 4096;

    /// <summary>Whether one of the secrets signed exactly these bytes, at a time near enough to now. It never throws and makes no strings.</summary>
    /// <param name="body">The bytes as received.</param>
    /// <param name="header">The header's value; empty when it was missing.</param>
    /// <param name="secrets">The UTF-8 bytes of each whole secret. A blank one never matches, because anybody could sign with it.</param>
    /// <param name="now">Our time.</param>
    /// <param name="tolerance">The allowed distance of the signing time from now, either way, in whole seconds; 300 s is Stripe's own default.</param>
    public static bool Verify(
        ReadOnlySpan<byte> body, ReadOnlySpan<char> header, IReadOnlyList<byte[]> secrets, DateTimeOffset now, TimeSpan tolerance)
    {
        if (!TryReadTime(header, out var time, out var seconds)) return false;
        if (Math.Abs(now.ToUnixTimeSeconds() - seconds) > tolerance.TotalSeconds) return false;

        var length = time.Length + 1 + body.Length;
        var rented = length > StackLimit ? ArrayPool<byte>.Shared.Rent(length) : null;
        var message = rented is null ? stackalloc byte[StackLimit] : rented;
        message = message[..length];
        Encoding.ASCII.GetBytes(time, message);
        message[time.Length] = (byte)'.';
        body.CopyTo(message[(time.Length + 1)..]);

        var matches = false;
        for (var i = 0; i < secrets.Count && !matches; i++) matches = IsSignedWith(secrets[i], message, header);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return matches;
    }

    /// <summary>Makes Stripe's header for this body, signed at this time with this secret.</summary>
    public static string Sign(ReadOnlySpan<byte> body, string secret, DateTimeOffset at)
    {
        var time = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] message = [.. Encoding.ASCII.GetBytes(time), (byte)'.', .. body];
        return $"t={time},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), message))}";
    }

    // One t, which is digits only, and only key=value parts. Without a v1 there is nothing to compare, and nothing matches.
    private static bool TryReadTime(ReadOnlySpan<char> header, out ReadOnlySpan<char> time, out long seconds)
    {
        time = default;
        seconds = 0;
        foreach (var range in header.Split(','))
        {
            var element = header[range].Trim();
            if (!element.Contains('=')) return false;
            if (!element.StartsWith("t=")) continue;
            if (!time.IsEmpty) return false;
            time = element[2..];
            if (!long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out seconds)) return false;
        }

        return !time.IsEmpty;
    }

    // The lower-case text is compared, as the official libraries do: the same bytes in upper case are not a signature.
    private static bool IsSignedWith(byte[] secret, ReadOnlySpan<byte> message, ReadOnlySpan<char> header)
    {
        if (IsBlank(secret)) return false;
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<char> expected = stackalloc char[HexLength];
        HMACSHA256.HashData(secret, message, hash);
        Convert.TryToHexStringLower(hash, expected, out _);

        var matches = false;
        foreach (var range in header.Split(','))
        {
            var element = header[range].Trim();
            if (!element.StartsWith("v1=")) continue;
            matches |= CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(element[3..]), MemoryMarshal.AsBytes(expected));
        }

        return matches;
    }

    private static bool IsBlank(ReadOnlySpan<byte> secret) => secret.TrimStart(" \t\r\n\v\f"u8).IsEmpty;
}
