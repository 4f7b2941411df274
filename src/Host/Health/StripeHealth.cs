using System.Net;
using BillingMonolith.Host.Neighbours;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Stripe;

namespace BillingMonolith.Host.Health;

/// <summary>Whether Stripe can be asked for a subscription's state. It makes the inbox's call, and so needs the same permission.</summary>
internal sealed class StripeHealth(IHttpClientFactory clients, IOptionsMonitor<StripeOptions> options) : IHealthCheck
{
    private const string Key = "Set Stripe__SecretKey (or STRIPE_SECRET_KEY)";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var failed = context.Registration.FailureStatus;
        var settings = options.CurrentValue;
        try
        {
            using var http = clients.CreateClient("stripe-health");
            http.BaseAddress = new Uri(settings.ApiBase);
            var stripe = new GuardedStripeClient(http, settings.SecretKey!, retries: 0);
            var page = await new SubscriptionService(stripe).ListAsync(new SubscriptionListOptions { Limit = 1 }, cancellationToken: cancellationToken);
            return page.Data is [var any, ..] && any.Livemode != settings.IsLive
                ? new HealthCheckResult(failed, $"The key is one of {Mode(settings.IsLive)} mode, and {settings.ApiBase} answers with objects of "
                    + $"{Mode(any.Livemode)} mode: events of the other mode are parked. {Key} to a key of the mode that is meant.")
                : HealthCheckResult.Healthy(data: new Dictionary<string, object> { ["mode"] = Mode(settings.IsLive) });
        }
        catch (StripeException e)
        {
            return new HealthCheckResult(failed, e.HttpStatusCode switch
            {
                HttpStatusCode.Unauthorized => $"Stripe does not accept the secret key. {Key} to a current one: Developers, API keys. ({e.Message})",
                HttpStatusCode.Forbidden => $"The restricted key may not read subscriptions: permit it to read subscriptions and customers. ({e.Message})",
                _ => $"{e.Message} What Stripe sends is stored; it is carried out when Stripe can be asked again (https://status.stripe.com).",
            });
        }
        catch (OperationCanceledException)
        {
            return new HealthCheckResult(failed, $"Stripe at {settings.ApiBase} does not answer in time. May this host reach it (proxy, firewall)? "
                + "What Stripe sends is stored; it is carried out when Stripe can be asked again.");
        }
    }

    private static string Mode(bool live) => live ? "live" : "test";
}
