using System.Net;
using System.Text.Json;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Host.Edge;

/// <summary>Stripe's published webhook addresses, in either published form: ips_webhooks.txt, one to a line, or ips_webhooks.json.</summary>
internal static class SourcesFile
{
    private const long MostBytes = 1024 * 1024;

    /// <exception cref="FormatException">The file is invalid or cannot be read.</exception>
    public static IReadOnlyList<IPNetwork> Read(string file)
    {
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > MostBytes }) throw new FormatException("it is larger than 1 MiB");
            return Parse(File.ReadAllText(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new FormatException("it cannot be read", e);
        }
    }

    /// <exception cref="FormatException">One invalid entry is enough, because half a list refuses Stripe.</exception>
    public static IReadOnlyList<IPNetwork> Parse(string text)
    {
        IReadOnlyList<IPNetwork> ranges = [.. (text.AsSpan().TrimStart() is ['{', ..] ? Json(text) : Lines(text)).Select(Range)];
        return ranges.Count > 0 ? ranges : throw new FormatException("it has no address");
    }

    private static IEnumerable<string> Lines(string text) =>
        text.Split('\n').Select(line => line.Split('#', 2)[0].Trim()).Where(entry => entry.Length > 0);

    private static List<string> Json(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return [.. document.RootElement.GetProperty("WEBHOOKS").EnumerateArray().Select(e => e.GetString() ?? "")];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException("it is not JSON of the form {\"WEBHOOKS\":[\"…\"]}", e);
        }
    }

    private static IPNetwork Range(string entry) => AddressRange.TryParse(entry, out var range)
        ? range
        : throw new FormatException($"'{(entry.Length > 60 ? entry[..60] + "…" : entry)}' is neither an address nor a network such as 10.0.0.0/8");
}
