using System.Text.RegularExpressions;

namespace BillingMonolith.Notifications;

/// <summary>
/// A mail server's message, made safe for logs and operators: short, and without addresses and secrets, which servers like to quote.
/// </summary>
internal static partial class ServerWords
{
    private const int Longest = 300;

    /// <param name="said">The server's message.</param>
    /// <param name="secrets">The texts to remove, such as the local part of the recipient's address; also as base64.</param>
    public static string Without(string said, IEnumerable<string?> secrets)
    {
        var words = string.Concat(said.Take(Longest).Select(c => char.IsControl(c) ? ' ' : c));
        foreach (var secret in secrets.OfType<string>().Where(s => s.Length > 0).OrderByDescending(s => s.Length))
        {
            words = Regex.Replace(words, $@"(?<![\p{{L}}\p{{N}}]){Regex.Escape(secret)}(?![\p{{L}}\p{{N}}])", "…",
                RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        }

        return Address().Replace(words, "…@${domain}");
    }

    [GeneratedRegex(@"(""[^""]*""|[^\s<>@""(]+)@(?<domain>[^\s<>@"":;,)]*)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
