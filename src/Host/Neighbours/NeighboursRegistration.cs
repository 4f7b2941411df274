using Microsoft.Extensions.Options;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Host.Neighbours;

internal static class NeighboursRegistration
{
    /// <summary>Adds the clients of Lago, Keycloak and Stripe, with time-outs, retries and breakers.</summary>
    public static IServiceCollection AddNeighbours(this IServiceCollection services) => services
        .AddNeighbour("lago", retries: 2)
        .AddResilientClient("lago-look", retries: 2)
        .AddNeighbour("keycloak", retries: 2)
        .AddNeighbour("stripe", retries: 0) // Stripe.net retries by Stripe's own rules
        .AddScoped(s =>
        {
            var options = s.GetRequiredService<IOptionsMonitor<StripeOptions>>().CurrentValue;
            var http = s.GetRequiredService<IHttpClientFactory>().CreateClient("stripe");
            http.BaseAddress = new Uri(options.ApiBase);
            return new GuardedStripeClient(http, options.SecretKey!);
        })
        .AddScoped<IStripeClient>(s => s.GetRequiredService<GuardedStripeClient>())
        .AddScoped<SubscriptionService>()
        .AddScoped<CustomerService>()
        .AddScoped<SessionService>()
        .AddScoped<SessionLineItemService>()
        .AddScoped<SubscriptionScheduleService>()
        .AddScoped<InvoiceService>()
        .AddScoped<Stripe.BillingPortal.SessionService>()
        .AddScoped<RefundService>()
        .AddScoped<PaymentIntentService>()
        .AddScoped<PaymentMethodService>()
        .AddScoped<ProductService>()
        .AddScoped<PriceService>()
        .AddScoped<WebhookEndpointService>();
}
