using BillingMonolith.Identity;
using BillingMonolith.Inbox;
using MediatR;

namespace BillingMonolith.Host.Routing;

/// <summary>A customer was linked to a user: reopens all steps that waited for that, in the transaction of the link.</summary>
internal sealed class ReopenUnlinked(WaitingSteps waiting) : INotificationHandler<CustomerLinked>
{
    public Task Handle(CustomerLinked linked, CancellationToken cancellationToken) =>
        waiting.ReopenAsync(linked.CustomerId, linked.UserId, linked.Cause, cancellationToken);
}
