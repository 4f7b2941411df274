using BillingMonolith.SharedKernel;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Notifications;

/// <summary>Webhook endpoints, and the outbox for listing: the queue writes it, by SQL.</summary>
internal sealed class NotificationsContext(DbContextOptions<NotificationsContext> options) : RoomContext(options)
{
    public DbSet<WebhookEndpoint> Endpoints => Set<WebhookEndpoint>();
    public DbSet<OutboxEntry> Outbox => Set<OutboxEntry>();
    public DbSet<ToldEvent> OutgoingEvents => Set<ToldEvent>();
}
