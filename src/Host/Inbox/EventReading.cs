using BillingMonolith.Audit;
using BillingMonolith.Host.Intake;
using BillingMonolith.Host.Routing;
using Microsoft.Extensions.Options;
using Stripe;

namespace BillingMonolith.Host.Inbox;

/// <summary>What reading a stored event came to: what happened, or the end of it.</summary>
internal readonly record struct Reading(Happening? Happening, Outcome? End);

/// <summary>Reads stored events. What cannot be understood is parked, what is not ours is ignored; neither is ever lost.</summary>
internal sealed class EventReading(IOptionsMonitor<StripeOptions> options, IOptions<InboxOptions> inbox)
{
    public Reading Read(ClaimedStep step)
    {
        // A failure parks its step at the last try; beyond it comes only what never left a word, because its process ended each time.
        if (step.Lease.Attempt > inbox.Value.MaxAttempts)
        {
            return new Reading(null, new Outcome.Parked(
                $"Gave up after {inbox.Value.MaxAttempts} tries; the last left no word. Does this event end the process?"));
        }

        Event read;
        try
        {
            read = StripeEventReader.Read(step.Payload);
        }
        catch (StripeEventException e)
        {
            return new Reading(null, new Outcome.Parked($"The event cannot be read. {e.Message}"));
        }

        var stripe = options.CurrentValue;
        if (read.Livemode != stripe.IsLive)
        {
            return new Reading(null, new Outcome.Parked(
                $"The event is from {Mode(read.Livemode)} and this host is configured with a "
                + $"{Mode(stripe.IsLive)} key. Check which endpoint sends here, and Stripe:SecretKey."));
        }

        var happening = new Happening(read);
        return stripe.IsOthers(happening.Metadata)
            ? new Reading(null, new Outcome.Ignored($"It belongs to suite '{happening.Metadata["suite"]}', not to '{stripe.Suite}'."))
            : new Reading(happening, null);
    }

    private static string Mode(bool live) => live ? "live mode" : "test mode";
}
