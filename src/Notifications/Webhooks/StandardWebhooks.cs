using System.Security.Cryptography;
using System.Text;

namespace BillingMonolith.Notifications;

/// <summary>Signatures of Standard Webhooks (standardwebhooks.com, "Verifying webhook authenticity").</summary>
internal static class StandardWebhooks
{
    private const string Prefix = "whsec_";
    private const int SecretBytes = 32; // the specification: 24 to 64

    public static string NewSecret() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>The header <c>webhook-signature</c>: one signature per secret, so that a receiver may have either during a rotation.</summary>
    /// <param name="id">webhook-id.</param>
    /// <param name="unixSeconds">webhook-timestamp.</param>
    /// <param name="body">The body as sent.</param>
    /// <param name="secrets"><c>whsec_…</c>, base64 of the key.</param>
    public static string Sign(string id, long unixSeconds, string body, IEnumerable<string> secrets) => string.Join(' ', secrets.Select(secret =>
    {
        var key = Convert.FromBase64String(secret.StartsWith(Prefix, StringComparison.Ordinal) ? secret[Prefix.Length..] : secret);
        return $"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{id}.{unixSeconds}.{body}")))}";
    }));
}
