using BillingMonolith.Audit;
using BillingMonolith.Host.Inbox;
using BillingMonolith.Host.Outbox;
using BillingMonolith.Host.Reconcile;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Host;

/// <summary>The Host's own rows: the inbox, the outbox and the reconciler's runs as they are listed, and webhook endpoints.</summary>
internal sealed class HostContext(DbContextOptions<HostContext> options) : RoomContext(options)
{
    public DbSet<InboxEvent> InboxEvents => Set<InboxEvent>();
    public DbSet<InboxStep> InboxSteps => Set<InboxStep>();
    public DbSet<WebhookEndpoint> Endpoints => Set<WebhookEndpoint>();
    public DbSet<OutboxEntry> Outbox => Set<OutboxEntry>();
    public DbSet<ToldEvent> OutgoingEvents => Set<ToldEvent>();
    public DbSet<ReconcileRun> ReconcileRuns => Set<ReconcileRun>();
    public DbSet<Finding> Findings => Set<Finding>();
}
