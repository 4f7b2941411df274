using System.Globalization;

namespace BillingMonolith.Host.Http;

/// <summary>The revision of a thing as its <c>ETag</c>: a client that sends it back as <c>If-Match</c> overwrites nobody's change.</summary>
internal static class Revision
{
    /// <summary>The description of <c>If-Match</c>.</summary>
    public const string Header = "The `ETag`, as you read it.";

    public static void Tag(HttpContext context, long revision) =>
        context.Response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");

    /// <summary>Null = any revision. A tag that is not ours matches no revision.</summary>
    public static long? Of(string? ifMatch) => ifMatch is null or "*" ? null
        : long.TryParse(ifMatch.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? revision : -1;
}
