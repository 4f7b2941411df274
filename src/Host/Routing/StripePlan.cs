using BillingMonolith.Host.Neighbours;
using BillingMonolith.Inbox;
using BillingMonolith.SharedKernel;
using Microsoft.Extensions.Options;
using Stripe;

namespace BillingMonolith.Host.Routing;

/// <summary>The meaning of Stripe's events: <see cref="Routes"/>. An event that cannot be read is parked, one of another suite is ignored.</summary>
internal sealed class StripePlan(IOptionsMonitor<StripeOptions> options) : IEventPlan
{
    public int Version => Routes.Version;

    public Task ReadyAsync() => StripeWarmUp.DoneAsync();

    public EventReading Read(ReadOnlyMemory<byte> payload)
    {
        Event read;
        try
        {
            read = StripeEventReader.Read(payload);
        }
        catch (StripeEventException e)
        {
            return Ends(new Outcome.Parked($"The event cannot be read. {e.Message}"));
        }

        var stripe = options.CurrentValue;
        if (read.Livemode != stripe.IsLive)
        {
            return Ends(new Outcome.Parked(
                $"The event is from {Mode(read.Livemode)} and this host is configured with a "
                + $"{Mode(stripe.IsLive)} key. Check which endpoint sends here, and Stripe:SecretKey."));
        }

        var facts = new EventFacts(read);
        return stripe.IsOthers(facts.Metadata)
            ? Ends(new Outcome.Ignored($"It belongs to suite '{facts.Metadata["suite"]}', not to '{stripe.Suite}'."))
            : new EventReading(new StripeEvent(facts), End: null);
    }

    private static EventReading Ends(Outcome end) => new(Event: null, end);

    private static string Mode(bool live) => live ? "live mode" : "test mode";

    private sealed record StripeEvent(EventFacts Facts) : PlannedEvent
    {
        public override string Type => Facts.Event.Type;

        public override bool HasRoute => Routes.Has(Type);

        // Steps that need Stripe's state, or the user, run in the lane that makes calls.
        public override string Lane =>
            Facts.IsForStripeToTell || Facts is { NeedsUser: true, UserId: null } ? StepLane.Remote : StepLane.Local;

        public override IEnumerable<string> Subjects => Facts.Subjects;

        public override IReadOnlyList<IStep> Steps() => Routes.For(Facts);

        public override async Task<EventReading> LookUpAsync(IServiceProvider services, int attempt, CancellationToken cancellationToken)
        {
            var truth = await services.GetRequiredService<StripeLookup>().OfAsync(Facts, attempt, cancellationToken);
            return truth is { NeedsUser: true, UserId: null }
                ? Ends(new Outcome.Parked($"Unlinked payment: {truth.WhyNoUser} Say whose it is: link {truth.PayerId} <user id>.") { WaitsFor = truth.PayerId })
                : new EventReading(new StripeEvent(truth), End: null);
        }
    }
}
