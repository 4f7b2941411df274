using BillingMonolith.Host.Intake;

namespace BillingMonolith.Host.Edge;

/// <summary>The parts of this service that the outermost layer treats differently.</summary>
internal enum Surface { Pages, Docs, Api, Webhook, Health }

internal static class Surfaces
{
    /// <summary>Which part answers at a path, whether or not there is anything.</summary>
    public static Surface Of(PathString path) =>
        StripeWebhook.IsAddress(path) ? Surface.Webhook
        : IsUnder(path, "/health") || IsUnder(path, "/api/webhooks/stripe/health") ? Surface.Health
        : IsUnder(path, "/api") || IsUnder(path, "/webhooks") ? Surface.Api
        : IsUnder(path, "/docs") ? Surface.Docs
        : Surface.Pages;

    private static bool IsUnder(PathString path, string folder) => path.StartsWithSegments(folder, StringComparison.OrdinalIgnoreCase);
}
