namespace BillingMonolith.Host.Reconcile;

/// <summary>The explanation of a finding for people: its place, its probable cause, and its remedy.</summary>
internal static class Explain
{
    private const string Apply = "reconcile --apply";

    /// <param name="neverHeard">Neither room has a row: no event of it was received.</param>
    public static Finding Finding(
        string kind, string subject, string? userId, string have, string want, bool mendable, ParkedWord? parked, bool neverHeard = false)
    {
        var (system, cause, remedy) = Of(kind, neverHeard);
        if (parked is not null)
        {
            cause = $"A step of {parked.EventId} is parked: {parked.Reason}";
            remedy = $"Mend that, then inbox replay {parked.EventId}{(mendable ? $"; or {Apply}" : "")}.";
        }

        return new Finding(kind, system, subject, userId, have, want, cause, remedy, mendable);
    }

    private static (string System, string Cause, string Remedy) Of(string kind, bool neverHeard) => kind switch
    {
        "row-missing" when neverHeard => ("database", "Its events were never received, or are older than what Stripe still lists.", Apply),
        "tier-row-missing" when neverHeard => ("database", "Its events were never received, or are older than what Stripe still lists.", Apply),
        "row-missing" or "tier-row-missing" => ("database", "The row was removed by hand, or a backup was restored.", Apply),
        "row-differs" or "tier-row-differs" => ("database", "An event was missed, or the row was changed by hand.", Apply),
        "row-user" or "tier-row-user" => ("database", "It was recorded for another user than the payment names now.",
            "Find out whose it is; nothing is changed by itself."),
        "tier-unknown" => ("stripe", "A price without our lookup key, or a tier that the catalogue lacks.",
            "Give the price its lookup key (setup stripe), or add the tier."),
        "status-unknown" => ("stripe", "Stripe has a status that this version does not know.", "Update this service."),
        "stripe-unknown" => ("stripe", "Another account's or mode's key, or it was deleted with its customer.",
            "Check Stripe:SecretKey; nothing is ended because Stripe is silent."),
        "user-unknown" => ("keycloak", "An unlinked payment.", "link <customer> <user id>"),
        "lago-customer" => ("lago", "The customer was removed or changed in Lago.", Apply),
        "lago-missing" => ("lago", "It was ended by hand in Lago, or its event was missed.", Apply),
        "lago-plan" => ("lago", "The plan was changed by hand in Lago, or an event was missed.", Apply),
        "lago-alive" => ("lago", "Its end was missed, or it was begun again by hand in Lago.", Apply),
        "lago-foreign" => ("lago", "It stands under another customer in Lago.", "Find out whose it is, and terminate it there."),
        "lago-stray" => ("lago", "It was made by hand in Lago, or left behind by another system.", "Find out whether it is right; nothing ends it by itself."),
        "keycloak-changed" => ("keycloak", "Somebody changed it by hand in Keycloak, after we had written it.", Apply),
        "keycloak-behind" => ("keycloak", "It changed here, and Keycloak was not told.", Apply),
        "keycloak-user-missing" => ("keycloak", "The user was deleted in Keycloak, and pays on.",
            "Cancel the subscription, or link its customer to another user."),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No word for it."),
    };
}
