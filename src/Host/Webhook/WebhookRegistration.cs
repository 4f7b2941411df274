namespace BillingMonolith.Host.Webhook;

internal static class WebhookRegistration
{
    /// <summary>Adds the intake's address.</summary>
    public static IServiceCollection AddWebhook(this IServiceCollection services) => services.AddSingleton<WebhookSecrets>().AddSingleton<StripeWebhook>();
}
