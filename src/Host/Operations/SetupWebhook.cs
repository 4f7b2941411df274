using System.Security.Cryptography;
using System.Text;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Intake;
using BillingMonolith.Host.Neighbours;
using Microsoft.Extensions.Options;
using Stripe;

namespace BillingMonolith.Host.Operations;

/// <summary>The part of <c>setup stripe</c> that has Stripe send us what <see cref="Routes"/> knows what to do with.</summary>
internal static class SetupWebhook
{
    private const string What = "webhook endpoint";

    public static async Task RunAsync(IServiceProvider services, SetupRun run, CancellationToken cancellationToken)
    {
        var endpoints = services.GetRequiredService<WebhookEndpointService>();
        if (services.GetRequiredService<IOptions<AccessOptions>>().Value.Origin is not { } origin)
        {
            run.Open(What, StripeWebhook.Canonical, "-",
                "skipped: set Access__PublicOrigin to the address at which Stripe reaches this service, https://billing.example.com, and run it again");
            return;
        }

        var url = new Uri(origin, StripeWebhook.Canonical).AbsoluteUri;
        var should = $"{Routes.Types.Count} types of events at {url}";
        if (await FindAsync(endpoints, origin, url, cancellationToken) is not { } there)
        {
            var made = run.DryRun ? null : await CreateAsync(endpoints, url, cancellationToken);
            run.Done(What, should, made?.Id ?? "-", StripeOffers.Created);
            if (made?.Secret is { } secret) run.Say($"Set Stripe__WebhookSecret to {secret} before the host starts: Stripe tells it only this once.");
            return;
        }

        var fits = there.EnabledEvents.ToHashSet(StringComparer.Ordinal).SetEquals(Routes.Types);
        if (!fits && !run.DryRun)
            await endpoints.UpdateAsync(there.Id, new WebhookEndpointUpdateOptions { EnabledEvents = [.. Routes.Types] }, cancellationToken: cancellationToken);
        if (there.Status == "disabled")
            run.Open(What, should, there.Id, "it is disabled at Stripe: enable it there (Developers, Webhooks) when this service is up");
        else run.Done(What, should, there.Id, fits ? SetupRun.Unchanged : StripeOffers.Updated);
    }

    /// <summary>The endpoint at our canonical address, or at one of the systems that this service replaces: two would send everything twice.</summary>
    private static async Task<WebhookEndpoint?> FindAsync(WebhookEndpointService endpoints, Uri origin, string url, CancellationToken cancellationToken)
    {
        var addresses = StripeWebhook.Addresses.Select(a => new Uri(origin, a).AbsoluteUri).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var ours = new List<WebhookEndpoint>();
        for (string? after = null; ;)
        {
            var page = await endpoints.ListAsync(new WebhookEndpointListOptions { Limit = 100, StartingAfter = after }, cancellationToken: cancellationToken);
            ours.AddRange(page.Where(e => addresses.Contains(e.Url.TrimEnd('/'))));
            if (!page.HasMore || page.Data.Count == 0) return ours.Find(e => e.Url.TrimEnd('/') == url) ?? ours.FirstOrDefault();
            after = page.Data[^1].Id;
        }
    }

    // Two runs at once get one endpoint. Stripe remembers the key longer than the endpoint may live: one that is gone is made anew.
    private static async Task<WebhookEndpoint> CreateAsync(WebhookEndpointService endpoints, string url, CancellationToken cancellationToken)
    {
        var create = new WebhookEndpointCreateOptions
        {
            Url = url, EnabledEvents = [.. Routes.Types], ApiVersion = GuardedStripeClient.Version, Description = "BillingMonolith (setup stripe)",
        };
        var key = $"setup-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(' ', [url, create.ApiVersion, .. Routes.Types]))))}";
        var made = await endpoints.CreateAsync(create, new RequestOptions { IdempotencyKey = key }, cancellationToken);
        try
        {
            await endpoints.GetAsync(made.Id, cancellationToken: cancellationToken);
            return made;
        }
        catch (StripeException e) when (e.IsNotFound)
        {
            return await endpoints.CreateAsync(create, cancellationToken: cancellationToken);
        }
    }
}
