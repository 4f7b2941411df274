using BillingMonolith.SharedKernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Notifications;

/// <summary>The room of notifications: the outbox, mail, and webhooks to others.</summary>
public static class NotificationsModule
{
    /// <summary>
    /// Adds the writer of the outbox and the two workers that empty it. The Host adds <see cref="IAddressBook"/>, and sets
    /// the address of our pages (<see cref="MailOptions.LinkTo"/>).
    /// </summary>
    public static IServiceCollection AddNotifications(this IServiceCollection services) => services
        .AddContext<NotificationsContext>()
        .AddWebhookHttp()
        .AddScoped<OutboxWriter>().AddScoped<OperatorMail>()
        .AddSingleton<OutboxQueue>().AddSingleton<EndpointSecrets>()
        .AddSingleton(s => MailTemplates.Read(s.GetRequiredService<IOptions<MailOptions>>().Value.TemplatesFolder))
        .AddSingleton<MailWorker>().AddSingleton<WebhookWorker>()
        .AddSingleton(s => new Listener(OutboxWorker.Channel, () =>
        {
            s.GetRequiredService<MailWorker>().Notify();
            s.GetRequiredService<WebhookWorker>().Notify();
        }))
        .AddHostedService(s => s.GetRequiredService<MailWorker>())
        .AddHostedService(s => s.GetRequiredService<WebhookWorker>());
}
