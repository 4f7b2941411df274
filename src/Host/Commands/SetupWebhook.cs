using System.Security.Cryptography;
using System.Text;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Http;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;
using Stripe;

namespace BillingMonolith.Host.Commands;

/// <summary>The part of <c>setup stripe</c> that makes Stripe send the events that <see cref="Routes"/> handles.</summary>
internal static class SetupWebhook
{
    private const string What = "webhook endpoint";
    private const string Disabled = "disabled";
    private const string SecretMark = "secret_sha256";

    public static async Task RunAsync(IServiceProvider services, SetupRun run, CancellationToken cancellationToken)
    {
        var endpoints = services.GetRequiredService<WebhookEndpointService>();
        if (services.GetRequiredService<IOptions<AccessOptions>>().Value.Origin is not { } origin)
        {
            run.Open(What, Surfaces.Webhook, "-",
                "skipped: set Access__PublicOrigin to the address at which Stripe reaches this service, https://billing.example.com, and run it again");
            return;
        }

        var url = new Uri(origin, Surfaces.Webhook).AbsoluteUri;
        var ours = await FindAsync(endpoints, origin, cancellationToken);
        var current = ours.Where(e => e.ApiVersion == GuardedStripeClient.Version).MinBy(e => e.Status == Disabled);
        var older = ours.FindAll(e => e.ApiVersion != GuardedStripeClient.Version && e.Status != Disabled);
        if (current is null)
        {
            var made = run.DryRun ? null : await CreateAsync(endpoints, url, cancellationToken);
            run.Done(What, Should(url), made?.Id ?? "-", StripeOffers.Created);
            if (made?.Secret is { } secret) run.Say(Tell(secret, older.Count > 0));
        }
        else if (current.Status == Disabled)
            run.Open(What, Should(current.Url), current.Id, "it is disabled at Stripe: enable it there (Developers, Webhooks) when this service is up");
        else
            run.Done(What, Should(current.Url), current.Id, await FollowAsync(endpoints, run, current, cancellationToken));

        var isReplaced = current is not null && older.Count > 0 && await HasTakenOverAsync(services, current, cancellationToken);
        foreach (var endpoint in older) await ReplaceAsync(endpoints, run, endpoint, isReplaced, cancellationToken);
    }

    private static string Should(string url) => $"{Routes.Types.Count} types of events at {url}";

    private static string Tell(string secret, bool isSecond) => isSecond
        ? $"Add {secret} to Stripe__WebhookSecret, after a comma: the older endpoint goes on beside the new one until that has delivered. Stripe tells it only "
          + "this once. Run this command again when events have arrived."
        : $"Set Stripe__WebhookSecret to {secret} before the host starts: Stripe tells it only this once.";

    // Stripe cannot change an endpoint's version. Two endpoints send everything twice under the same event ids: no event is lost or processed twice.
    private static async Task ReplaceAsync(
        WebhookEndpointService endpoints, SetupRun run, WebhookEndpoint older, bool isReplaced, CancellationToken cancellationToken)
    {
        var what = $"{What} of API version {older.ApiVersion ?? "of the account"}";
        if (!isReplaced)
        {
            await FollowAsync(endpoints, run, older, cancellationToken);
            run.Open(what, "disabled", older.Id,
                "goes on until the new one is enabled, its secret is set and it has delivered an event here: then run this command again");
            return;
        }

        if (!run.DryRun)
            await endpoints.UpdateAsync(older.Id, new WebhookEndpointUpdateOptions { Disabled = true }, cancellationToken: cancellationToken);
        run.Done(what, "disabled", older.Id, Disabled);
        if (!run.DryRun) run.Say($"{older.Id} is disabled: its secret can be taken out of Stripe__WebhookSecret.");
    }

    private static async Task<string> FollowAsync(WebhookEndpointService endpoints, SetupRun run, WebhookEndpoint there, CancellationToken cancellationToken)
    {
        if (there.EnabledEvents.ToHashSet(StringComparer.Ordinal).SetEquals(Routes.Types)) return SetupRun.Unchanged;
        if (!run.DryRun)
            await endpoints.UpdateAsync(there.Id, new WebhookEndpointUpdateOptions { EnabledEvents = [.. Routes.Types] }, cancellationToken: cancellationToken);
        return StripeOffers.Updated;
    }

    /// <summary>
    /// Whether the endpoint can work alone from here: it is enabled, its secret is configured (otherwise each delivery would be refused), and an
    /// event came in its version since it was made. An event that reconcile stored was not delivered.
    /// </summary>
    private static async Task<bool> HasTakenOverAsync(IServiceProvider services, WebhookEndpoint endpoint, CancellationToken cancellationToken)
    {
        var set = services.GetRequiredService<IOptions<StripeOptions>>().Value.AllWebhookSecrets;
        if (endpoint.Status == Disabled || !set.Any(secret => Mark(secret) == endpoint.Note(SecretMark))) return false;
        await using var connection = await services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<bool>(new CommandDefinition("""
            SELECT EXISTS (SELECT FROM inbox_events e WHERE e.api_version = @ApiVersion AND e.received_at >= @Created
              AND NOT EXISTS (SELECT FROM audit_logs a WHERE a.action = 'event.ingested' AND a.resource_id = e.id))
            """, new { endpoint.ApiVersion, endpoint.Created }, cancellationToken: cancellationToken));
    }

    /// <summary>The endpoints at our canonical address, and at those of the systems that this service replaces: two would send everything twice.</summary>
    private static async Task<List<WebhookEndpoint>> FindAsync(WebhookEndpointService endpoints, Uri origin, CancellationToken cancellationToken)
    {
        var addresses = Surfaces.Webhooks.Select(a => new Uri(origin, a).AbsoluteUri).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var ours = new List<WebhookEndpoint>();
        for (string? after = null; ;)
        {
            var page = await endpoints.ListAsync(new WebhookEndpointListOptions { Limit = 100, StartingAfter = after }, cancellationToken: cancellationToken);
            ours.AddRange(page.Where(e => addresses.Contains(e.Url.TrimEnd('/'))));
            if (!page.HasMore || page.Data.Count == 0) return ours;
            after = page.Data[^1].Id;
        }
    }

    // Two runs at once get one endpoint. Stripe keeps the key longer than the endpoint may live: a deleted one is created anew.
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
        }
        catch (StripeException e) when (e.IsNotFound)
        {
            made = await endpoints.CreateAsync(create, cancellationToken: cancellationToken);
        }

        var mark = new WebhookEndpointUpdateOptions { Metadata = new() { [SecretMark] = Mark(made.Secret) } };
        await endpoints.UpdateAsync(made.Id, mark, cancellationToken: cancellationToken);
        return made;
    }

    // A secret is too random to be guessed from its hash; by the hash a later run sees whether it was configured.
    private static string Mark(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
