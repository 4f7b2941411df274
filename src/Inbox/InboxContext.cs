using BillingMonolith.SharedKernel;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Inbox;

/// <summary>The inbox for listing; intake and the queue write it, by SQL.</summary>
internal sealed class InboxContext(DbContextOptions<InboxContext> options) : RoomContext(options)
{
    public DbSet<InboxEvent> InboxEvents => Set<InboxEvent>();
    public DbSet<InboxStep> InboxSteps => Set<InboxStep>();
}
