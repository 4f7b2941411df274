namespace Stripe;

/// <summary>
/// Reads a snapshot event of any API version that Stripe still sends to the same meaning. (Stripe.net's own parser throws for a version of
/// another release train.) Unknown members and unknown values of an enumeration are never errors.
/// </summary>
public static class StripeEventReader
{
    /// <summary>Reads an event.</summary>
    /// <param name="payload">The body as it was received, UTF-8.</param>
    /// <exception cref="StripeEventException">
    /// It is no JSON, is deeper than 64, has a member twice, lacks a member that matters, has one of the wrong type, or is a thin event.
    /// </exception>
    public static Event Read(ReadOnlyMemory<byte> payload)
    {
        using var document = Fields.Parse(payload);
        return ReadEvent(Fields.Of(document.RootElement, "$"));
    }

    private static Event ReadEvent(Fields json)
    {
        RefuseWhatIsNoSnapshot(json);
        var type = json.Id("type");
        var data = json.Object("data");
        return new Event
        {
            Id = json.Id("id"),
            Type = type,
            Created = json.Time("created"),
            Livemode = json.Flag("livemode"),
            ApiVersion = json.TextOrNull("api_version"),
            Data = new EventData(ReadObject(type, data.Object("object")), data.CopyOrEmpty("previous_attributes")),
        };
    }

    private static void RefuseWhatIsNoSnapshot(Fields json)
    {
        var kind = json.TextOrNull("object");
        if (kind == Event.ThinObject)
        {
            throw new StripeEventException(
                $"This is a thin event ({Event.ThinObject}): it names an object and does not carry it. "
                + "In Stripe, configure a snapshot endpoint (event destination with the payload style \"Snapshot\") for this address.");
        }

        if (kind != "event") throw new StripeEventException("object", "should be \"event\": this is not an event as Stripe sends it to a webhook endpoint.");
    }

    private static IHasId ReadObject(string type, Fields json)
    {
        var kind = json.TextOrNull("object");
        if (ObjectOf(type) is { } expected && kind != expected)
        {
            throw new StripeEventException($"{json.Path}.object", $"should be \"{expected}\" in an event of the type {type}.");
        }

        return kind switch
        {
            "checkout.session" => Checkout.Session.Read(json),
            "subscription" => Subscription.Read(json),
            "subscription_schedule" => SubscriptionSchedule.Read(json),
            "invoice" when type != EventTypes.InvoiceUpcoming => Invoice.Read(json), // an upcoming invoice has no id
            "charge" => Charge.Read(json),
            "refund" => Refund.Read(json),
            "dispute" => Dispute.Read(json),
            "payment_intent" => PaymentIntent.Read(json),
            "payment_method" => PaymentMethod.Read(json),
            "customer" => Customer.Read(json),
            "price" => Price.Read(json),
            "product" => Product.Read(json),
            "promotion_code" => PromotionCode.Read(json),
            _ => json.Raw(kind),
        };
    }

    // The types that lead to effects must be about what their name says.
    private static string? ObjectOf(string type) => type switch
    {
        _ when type.StartsWith("checkout.session.", StringComparison.Ordinal) => "checkout.session",
        _ when type.StartsWith("customer.subscription.", StringComparison.Ordinal) => "subscription",
        _ when type.StartsWith("subscription_schedule.", StringComparison.Ordinal) => "subscription_schedule",
        _ when type.StartsWith("invoice.", StringComparison.Ordinal) => "invoice",
        _ when type.StartsWith("refund.", StringComparison.Ordinal) => "refund",
        _ when type.StartsWith("charge.dispute.", StringComparison.Ordinal) => "dispute",
        EventTypes.ChargeRefundUpdated => "refund",
        EventTypes.ChargeRefunded => "charge",
        EventTypes.PaymentIntentSucceeded or EventTypes.PaymentIntentPaymentFailed => "payment_intent",
        _ => null,
    };
}
