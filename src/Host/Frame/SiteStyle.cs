using System.Security.Cryptography;

namespace BillingMonolith.Host.Frame;

/// <summary>The pages' style sheet, inside the assembly and named by its content, so that browsers may keep it for ever.</summary>
internal static class SiteStyle
{
    private static readonly byte[] Sheet = Read("site.css");

    public static string Path { get; } = $"/assets/{Convert.ToHexStringLower(SHA256.HashData(Sheet))[..12]}.css";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(Path, (HttpContext context) =>
    {
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        return TypedResults.Bytes(Sheet, "text/css; charset=utf-8");
    }).AllowAnonymous().ExcludeFromDescription();

    private static byte[] Read(string name)
    {
        using var resource = typeof(SiteStyle).Assembly.GetManifestResourceStream($"{typeof(SiteStyle).Namespace}.{name}")!;
        using var copy = new MemoryStream();
        resource.CopyTo(copy);
        return copy.ToArray();
    }
}
