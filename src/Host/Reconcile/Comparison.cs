using BillingMonolith.Billing;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using BillingMonolith.Identity;
using MediatR;
using Stripe;

namespace BillingMonolith.Host.Reconcile;

/// <summary>Compares one subscription, or one user, in all four systems. Writes nothing anywhere.</summary>
internal sealed class Comparison(Subject subject, SubscriptionService subscriptions, IMediator mediator, Pace pace)
{
    /// <summary>A subscription that Stripe listed.</summary>
    public async Task<IReadOnlyList<Finding>> OfAsync(Subscription shown, string cause, Standing standing, CancellationToken cancellationToken)
    {
        if (await subject.OfAsync(shown, cause, cancellationToken) is not { } facts) return [];
        if (facts.UserId is null) return Nobody(facts, standing) is { } nobody ? [nobody] : [];
        var (sync, tier) = Subject.CommandsOf(facts);
        if (sync.TierId is null)
        {
            return [Explain.Finding("tier-unknown", shown.Id, facts.UserId, "its price has no lookup key <tier>_<cycle>, and its metadata no tier_id",
                "a tier", mendable: false, standing.ParkedFor(shown.Id))];
        }

        var parked = standing.ParkedFor(shown.Id, facts.CustomerId, facts.UserId);
        var billing = await pace.PatientlyAsync(() => mediator.Send(new InspectSubscription(sync), cancellationToken), cancellationToken);
        var identity = await mediator.Send(new InspectTier(tier), cancellationToken);
        var isOver = IsOver(facts);
        var missing = billing.Any(d => d.Kind == "row-missing") && identity?.Kind == "tier-row-missing";
        return
        [
            .. from drift in billing.Select(d => (d.Kind, d.Have, d.Want, d.Mendable)).Concat(
                   identity is null ? [] : [(identity.Kind, identity.Have, identity.Want, identity.Mendable)])
               where !(isOver && drift.Kind is ("row-missing" or "tier-row-missing"))
               select Explain.Finding(drift.Kind, shown.Id, sync.UserId, drift.Have, drift.Want, drift.Mendable, parked, missing),
        ];
    }

    /// <summary>A subscription that we have and that Stripe's list of open ones lacked: it ended there, or Stripe does not know it.</summary>
    public async Task<IReadOnlyList<Finding>> OfAsync(string subscriptionId, string cause, Standing standing, CancellationToken cancellationToken)
    {
        try
        {
            return await OfAsync(await FetchAsync(subscriptionId, cancellationToken), cause, standing, cancellationToken);
        }
        catch (StripeException e) when (e.IsNotFound)
        {
            return [Explain.Finding("stripe-unknown", subscriptionId, userId: null, "Stripe knows no such subscription", "the one that we recorded",
                mendable: false, standing.ParkedFor(subscriptionId))];
        }
    }

    /// <summary>A user's attributes in Keycloak, and Lago's billing of them beside their subscriptions.</summary>
    public async Task<IReadOnlyList<Finding>> OfUserAsync(UserEntitlement user, Standing standing, CancellationToken cancellationToken)
    {
        if (user.Status is null) return []; // never subscribed: the attributes in Keycloak are not ours
        var parked = standing.ParkedFor(user.UserId, user.CustomerId, user.SubscriptionId);
        var found = new List<Finding>();
        var projection = await pace.PatientlyAsync(() => mediator.Send(new ReadProjection(user.UserId), cancellationToken), cancellationToken);
        if (projection.Shown is null)
        {
            found.Add(Explain.Finding("keycloak-user-missing", user.UserId, user.UserId, "Keycloak has no such user", $"tier '{user.TierId}'",
                mendable: false, parked));
        }
        else if (projection.Drift.Count > 0)
        {
            var by = user.IsProjected ? "keycloak-changed" : "keycloak-behind";
            found.Add(Explain.Finding(by, user.UserId, user.UserId, Words(projection.Drift, projection.Shown), Words(projection.Drift, projection.Wanted),
                mendable: true, parked));
        }

        var strays = await pace.PatientlyAsync(() => mediator.Send(new InspectCustomer(user.UserId), cancellationToken), cancellationToken);
        if (strays.Count > 0)
        {
            found.Add(Explain.Finding("lago-stray", user.UserId, user.UserId,
                string.Join(", ", strays.Select(s => $"{s.SubscriptionId} active on '{s.PlanCode}'")), "nothing beside his subscriptions",
                mendable: false, parked));
        }

        return found;
    }

    public Task<Subscription> FetchAsync(string subscriptionId, CancellationToken cancellationToken) =>
        pace.StripeAsync(() => subscriptions.GetAsync(subscriptionId, StripeLookup.Whole, cancellationToken: cancellationToken), cancellationToken);

    // A subscription that ended, or was never paid, entitles to nothing, so its missing record is no loss.
    private static bool IsOver(EventFacts facts) =>
        facts.SubscriptionStatus is SubscriptionStatuses.Canceled or SubscriptionStatuses.Incomplete or SubscriptionStatuses.IncompleteExpired;

    private static Finding? Nobody(EventFacts facts, Standing standing) =>
        IsOver(facts)
            ? null
            : Explain.Finding("user-unknown", facts.SubscriptionId!, userId: null, $"nobody has it. {facts.WhyNoUser}",
                $"a user for {facts.CustomerId}", mendable: false, standing.ParkedFor(facts.SubscriptionId, facts.CustomerId));

    private static string Words(IEnumerable<string> names, IReadOnlyDictionary<string, string?> values) =>
        string.Join(", ", names.Select(n => $"{n}={values.GetValueOrDefault(n) ?? "(none)"}"));
}
