using System.Globalization;
using System.Net;
using System.Text;
using BillingMonolith.SharedKernel;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Notifications;

/// <summary>
/// Sends events to endpoints by Standard Webhooks: 2xx is accepted, 410 disables the endpoint, and everything else is retried, later and later. A
/// delivery whose answer was lost is repeated under the same webhook-id.
/// </summary>
internal sealed class WebhookWorker(
    OutboxQueue queue, IServiceScopeFactory scopes, IHttpClientFactory http, EndpointSecrets secrets, IOptions<WebhooksOptions> webhooks,
    IOptions<InboxOptions> options, TimeProvider time, Random random, ILogger<WebhookWorker> log)
    : OutboxWorker(OutboxKind.Webhook, queue, scopes, options, time, log)
{
    private static readonly TimeSpan LongestWish = TimeSpan.FromHours(24);

    protected override int AtOnce => webhooks.Value.AtOnce;

    protected override TimeSpan? Again(OutboxItem item, Delivery.Failed failed) => webhooks.Value.DelayAfter(item.Try, random) switch
    {
        { } delay when failed.After is { } wish && wish > delay => wish < LongestWish ? wish : LongestWish,
        var delay => delay,
    };

    protected override async Task<Delivery> SendAsync(IServiceProvider services, OutboxItem item, CancellationToken cancellationToken)
    {
        var call = await ReadAsync(services, item, cancellationToken);
        if (!call.Enabled) return new Delivery.Refused("The endpoint is disabled or was deleted. Enable it, then replay this.") { IsQuiet = true };

        using var request = Request(item, call);
        try
        {
            var client = http.CreateClient(WebhookHttp.ClientName);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return Judge(response);
        }
        catch (HttpRequestException e) when (e.InnerException is PrivateAddressException refused)
        {
            return new Delivery.Failed(refused.Message);
        }
        catch (HttpRequestException e)
        {
            return new Delivery.Failed($"The endpoint could not be reached: {e.Message}");
        }
        catch (TaskCanceledException e) when (e.InnerException is TimeoutException)
        {
            return new Delivery.Failed($"The endpoint did not answer within {webhooks.Value.TimeoutSeconds} s.");
        }
    }

    // All deliveries to an endpoint decide on it; the verdict of one delivery commits with the delivery.
    protected override async Task RecordAsync(IServiceProvider services, OutboxItem item, Delivery delivery)
    {
        if (delivery is Delivery.Refused { Status: null }) return;
        var work = services.GetRequiredService<UnitOfWork>();
        var connection = await work.OpenAsync(CancellationToken.None);
        if (delivery is Delivery.Sent)
        {
            await connection.ExecuteAsync("UPDATE webhook_endpoints SET failing_since = NULL WHERE id = @EndpointId AND failing_since IS NOT NULL", item);
            return;
        }

        var isOver = await connection.ExecuteScalarAsync<bool>("""
            UPDATE webhook_endpoints SET failing_since = coalesce(failing_since, now()) WHERE id = @EndpointId
            RETURNING enabled AND (@IsGone OR failing_since < now() - make_interval(days => @DisableAfterDays))
            """, new { item.EndpointId, IsGone = delivery.Status == (int)HttpStatusCode.Gone, webhooks.Value.DisableAfterDays });
        if (isOver) await DisableAsync(services, item, delivery);
    }

    private async Task DisableAsync(IServiceProvider services, OutboxItem item, Delivery delivery)
    {
        var reason = delivery.Status == (int)HttpStatusCode.Gone
            ? "It answered 410 Gone: it wants no more."
            : string.Create(CultureInfo.InvariantCulture, $"For {webhooks.Value.DisableAfterDays} days every delivery failed. The last: {delivery.Error}");
        var work = services.GetRequiredService<UnitOfWork>();
        var connection = await work.OpenAsync(CancellationToken.None);
        var (url, description) = await connection.QuerySingleAsync<(string, string)>("""
            UPDATE webhook_endpoints SET enabled = false, disabled_reason = @reason, updated_at = now() WHERE id = @EndpointId RETURNING url, description
            """, new { item.EndpointId, reason });
        Log.LogError("Webhook endpoint {EndpointId} is disabled. {Reason}", item.EndpointId, reason);
        work.Record(new AuditEntry("webhook_endpoint.disabled", "webhook_endpoint", item.EndpointId.ToString()!, item.EventId!)
        {
            Result = AuditResult.Failure,
            ErrorMessage = reason,
        });
        await services.GetRequiredService<OperatorMail>().TellAsync(
            $"webhook-disabled:{item.EndpointId}:{item.Id}:{item.Attempt}", MailTemplates.WebhookDisabled, item.EventId!, new()
            {
                ["url"] = url, ["description"] = description, ["reason"] = reason, ["endpoint_id"] = item.EndpointId.ToString()!,
            });
    }

    private static async Task<Call> ReadAsync(IServiceProvider services, OutboxItem item, CancellationToken cancellationToken)
    {
        await using var connection = await services.GetRequiredService<Npgsql.NpgsqlDataSource>().OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<Call>(new CommandDefinition("""
            SELECT w.url, w.enabled, w.secret, CASE WHEN w.old_secret_until > now() THEN w.old_secret END AS OldSecret, e.body
            FROM webhook_endpoints w, outgoing_events e WHERE w.id = @EndpointId AND e.id = @EventId
            """, item, cancellationToken: cancellationToken));
    }

    private HttpRequestMessage Request(OutboxItem item, Call call)
    {
        var now = Time.GetUtcNow().ToUnixTimeSeconds();
        var keys = new[] { call.Secret, call.OldSecret }.OfType<string>().Select(secrets.Read);
        var request = new HttpRequestMessage(HttpMethod.Post, call.Url) { Content = new StringContent(call.Body, Encoding.UTF8, "application/json") };
        request.Headers.Add("webhook-id", item.EventId);
        request.Headers.Add("webhook-timestamp", now.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", StandardWebhooks.Sign(item.EventId!, now, call.Body, keys));
        return request;
    }

    private Delivery Judge(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        if (response.IsSuccessStatusCode) return new Delivery.Sent(status);
        if (response.StatusCode == HttpStatusCode.Gone) return new Delivery.Refused("The endpoint answered 410 Gone.", status);
        var wish = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable ? response.Headers.RetryAfter : null;
        return new Delivery.Failed(string.Create(CultureInfo.InvariantCulture, $"The endpoint answered {status}."), status)
        {
            After = wish?.Delta ?? wish?.Date - Time.GetUtcNow(),
        };
    }

    private sealed record Call(string Url, bool Enabled, string Secret, string? OldSecret, string Body);
}
