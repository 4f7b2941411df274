using System.Collections.Frozen;

namespace BillingMonolith.Host.Http;

/// <summary>The parts of this service that the outermost layer distinguishes.</summary>
internal enum Surface { Pages, Docs, Api, Webhook, Health }

internal static class Surfaces
{
    /// <summary>The webhook's address.</summary>
    public const string Webhook = "/webhooks/stripe";

    /// <summary>The addresses of the webhook and of the systems that this service replaces: an endpoint configured for any of them keeps working.</summary>
    public static readonly FrozenSet<string> Webhooks = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        Webhook,
        "/api/v1/billing/webhooks/stripe/checkout",
        "/api/v1/billing/credits/webhook",
        "/order/stripe-webhook",
        "/api/webhooks/stripe/checkout-completed");

    /// <summary>The part that answers at a path, whether or not the path exists.</summary>
    public static Surface Of(PathString path) =>
        IsWebhook(path) ? Surface.Webhook
        : IsUnder(path, "/health") || IsUnder(path, "/api/webhooks/stripe/health") ? Surface.Health
        : IsUnder(path, "/api") || IsUnder(path, "/webhooks") ? Surface.Api
        : IsUnder(path, "/docs") ? Surface.Docs
        : Surface.Pages;

    // As routing matches it: ignoring case, and with a slash at the end.
    private static bool IsWebhook(PathString path) =>
        path.Value is { Length: > 1 } value && Webhooks.Contains(value[^1] == '/' ? value[..^1] : value);

    private static bool IsUnder(PathString path, string folder) => path.StartsWithSegments(folder, StringComparison.OrdinalIgnoreCase);
}
