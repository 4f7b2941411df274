using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Pages;

/// <summary>The pages' style sheet, inside the assembly and named by its content, so that browsers may keep it for ever.</summary>
internal static class Assets
{
    private static readonly byte[] StyleSheet = Read("site.css");

    public static string Style { get; } = $"/assets/{Convert.ToHexStringLower(SHA256.HashData(StyleSheet))[..12]}.css";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(Style, (HttpContext context) =>
    {
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        return TypedResults.Bytes(StyleSheet, "text/css; charset=utf-8");
    }).AllowAnonymous().ExcludeFromDescription();

    private static byte[] Read(string name)
    {
        using var resource = typeof(Assets).Assembly.GetManifestResourceStream($"{typeof(Assets).Namespace}.{name}")!;
        using var copy = new MemoryStream();
        resource.CopyTo(copy);
        return copy.ToArray();
    }
}
