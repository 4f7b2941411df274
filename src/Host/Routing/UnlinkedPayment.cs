using BillingMonolith.Host.Neighbours;
using BillingMonolith.Inbox;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Host.Routing;

/// <summary>An event whose steps wait for a person to link its payer to a user.</summary>
/// <param name="EventId">Stripe's id of the event.</param>
/// <param name="Type">Stripe's type of the event.</param>
/// <param name="CustomerId">The id to link: Stripe's customer, or the checkout session of a guest, because a guest has no customer.</param>
/// <param name="SessionId">The checkout session, when the event is about one.</param>
/// <param name="SubscriptionId">The subscription; null for a single payment.</param>
/// <param name="AmountMinor">The amount paid, once or per cycle, in the currency's minor unit.</param>
/// <param name="Currency">ISO 4217, lower case.</param>
/// <param name="Email">The address on the payment; only its first letter and its host are visible.</param>
/// <param name="Created">The time at Stripe; null when the event cannot be read (any more): it waits all the same.</param>
/// <param name="ParkedAt">The time of parking.</param>
/// <param name="Reason">The reason why no user is known, and the remedy.</param>
internal sealed record UnlinkedPayment(
    string EventId, string Type, string CustomerId, string? SessionId, string? SubscriptionId, long? AmountMinor, string? Currency, string? Email,
    DateTime? Created, DateTime ParkedAt, string Reason)
{
    /// <summary>The known facts of a row: one that an older version could read and this one cannot must not hide the others.</summary>
    public static UnlinkedPayment Of(WaitingStep step)
    {
        try
        {
            return Of(new EventFacts(StripeEventReader.Read(step.Payload)), step.WaitsFor, step.ParkedAt, step.Reason);
        }
        catch (StripeEventException e)
        {
            var reason = $"{step.Reason} The event cannot be read: {e.Message}";
            return new UnlinkedPayment(step.EventId, step.Type, step.WaitsFor, null, null, null, null, null, null, step.ParkedAt, reason);
        }
    }

    private static UnlinkedPayment Of(EventFacts facts, string waitsFor, DateTime parkedAt, string reason)
    {
        var (amount, currency) = facts.Event.Data.Object switch
        {
            Session s => (s.AmountTotal, s.Currency),
            Invoice i => ((long?)i.AmountSettled, i.Currency),
            Subscription s => (SubscribedPlan.Of(s, s.Notes).AmountMinor, s.Currency),
            _ => (null, null),
        };
        return new UnlinkedPayment(facts.Event.Id, facts.Event.Type, waitsFor, facts.Session?.Id, facts.SubscriptionId, amount, currency,
            Masked(facts.Email), facts.Event.Created, parkedAt, reason);
    }

    private static string? Masked(string? email) => email is null ? null : email.LastIndexOf('@') is var at and > 0 ? $"{email[0]}…{email[at..]}" : "…";
}
