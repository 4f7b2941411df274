using BillingMonolith.Host.Operations;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Outbox;

internal static class OutboxRegistration
{
    /// <summary>Adds what writes the outbox and the two workers that empty it.</summary>
    public static IServiceCollection AddOutbox(this IServiceCollection services) => services
        .AddWebhookHttp()
        .AddScoped<OutboxWriter>().AddScoped<OperatorMail>()
        .AddSingleton<OutboxQueue>().AddSingleton<EndpointSecrets>()
        .AddSingleton(s => MailTemplates.Read(s.GetRequiredService<IOptions<MailOptions>>().Value.TemplatesFolder))
        .AddSingleton<MailWorker>().AddSingleton<WebhookWorker>()
        .AddSingleton(s => new Hearing(OutboxWorker.Channel, () =>
        {
            s.GetRequiredService<MailWorker>().Ring();
            s.GetRequiredService<WebhookWorker>().Ring();
        }))
        .AddHostedService(s => s.GetRequiredService<MailWorker>())
        .AddHostedService(s => s.GetRequiredService<WebhookWorker>());
}
