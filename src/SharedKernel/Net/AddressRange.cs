using System.Net;

namespace BillingMonolith.SharedKernel;

/// <summary>An address, or a network in CIDR notation, as text.</summary>
public static class AddressRange
{
    /// <summary>Parses one; false for other text, or for an abbreviation that can be read in two ways.</summary>
    public static bool TryParse(string? text, out IPNetwork range)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
            range = new IPNetwork(address, address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128);
        }
        else if (!IPNetwork.TryParse(text, out range))
        {
            return false;
        }

        // The parser reads 10.1 as 10.0.0.1 and 010.0.0.1 as 8.0.0.1, which its writer did not mean.
        return text!.Contains(':', StringComparison.Ordinal) || text.StartsWith(range.BaseAddress.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Whether an address is in one of the ranges; an IPv4 address in IPv6's form counts as IPv4.</summary>
    public static bool Contains(this IReadOnlyList<IPNetwork> ranges, IPAddress? address)
    {
        if (address is null) return false;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        for (var i = 0; i < ranges.Count; i++) if (ranges[i].Contains(address)) return true;
        return false;
    }
}
