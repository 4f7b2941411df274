using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Billing;

/// <summary>
/// Lago's active subscriptions of a user that have no counterpart here: made by hand, or left over. Writes nothing, and nothing here ever ends them, because
/// only a person can tell whether they are right.
/// </summary>
/// <param name="UserId">The Keycloak user id; Lago's customer.</param>
public sealed record InspectCustomer(string UserId) : IRequest<IReadOnlyList<StrayBilling>>;

/// <summary>An active subscription in Lago that has no counterpart here.</summary>
/// <param name="SubscriptionId">Its external id.</param>
/// <param name="PlanCode">Its plan.</param>
public sealed record StrayBilling(string SubscriptionId, string PlanCode);

internal sealed class InspectCustomerHandler(IDbContextFactory<BillingContext> contexts, LagoLook look)
    : IRequestHandler<InspectCustomer, IReadOnlyList<StrayBilling>>
{
    public async Task<IReadOnlyList<StrayBilling>> Handle(InspectCustomer query, CancellationToken cancellationToken)
    {
        var active = await look.Client.ActiveOfAsync(query.UserId, cancellationToken);
        if (active.Count == 0) return [];
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var ours = await db.Subscriptions.Where(s => s.UserId == query.UserId).Select(s => s.SubscriptionId).ToHashSetAsync(cancellationToken);
        // One external id can be active only once, and its expected state was inspected with the subscription.
        return [.. active.Where(s => !ours.Contains(s.ExternalId)).Select(s => new StrayBilling(s.ExternalId, s.PlanCode))];
    }
}
