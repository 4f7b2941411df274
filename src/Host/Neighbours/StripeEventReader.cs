using System.Text.Json;
using Stripe;

namespace BillingMonolith.Host.Neighbours;

/// <summary>
/// Reads a snapshot event of any API version that Stripe still sends to the same meaning: into Stripe.net's entities, after a check against
/// <see cref="StripeShape"/>; <see cref="OlderVersions"/> finds the values that older versions have elsewhere. Unknown members and enumeration values
/// are never errors. (Stripe.net's own parser refuses versions of other release trains, and accepts an object that lacks required members.)
/// </summary>
internal static class StripeEventReader
{
    /// <summary>Reads an event. The object of an unknown kind is null.</summary>
    /// <param name="payload">The body as received, UTF-8.</param>
    /// <exception cref="StripeEventException">
    /// It is no JSON, is deeper than 64, has a duplicate member, lacks a required member, has one of the wrong form, or is a thin event.
    /// </exception>
    public static Event Read(ReadOnlyMemory<byte> payload)
    {
        using var document = StripeJson.Parse(payload);
        var json = document.RootElement;
        if (json.ValueKind != JsonValueKind.Object) throw new StripeEventException("$", "should be an object.");
        RefuseWhatIsNoSnapshot(json);
        StripeJson.Check(json, "event", "");
        var type = json.GetProperty("type").GetString()!;
        var about = StripeJson.Get(StripeJson.Get(json, "data"), "object");
        return new Event
        {
            Id = json.GetProperty("id").GetString()!,
            Type = type,
            Created = DateTime.UnixEpoch.AddSeconds(json.GetProperty("created").GetInt64()),
            Livemode = json.GetProperty("livemode").GetBoolean(),
            ApiVersion = StripeJson.Get(json, "api_version") is { ValueKind: JsonValueKind.String } version ? version.GetString() : null,
            Data = new EventData { Object = ReadObject(type, about) },
        };
    }

    private static void RefuseWhatIsNoSnapshot(JsonElement json)
    {
        var kind = StripeJson.Get(json, "object");
        if (kind.ValueKind == JsonValueKind.String && kind.ValueEquals(EventObjects.Thin))
        {
            throw new StripeEventException(
                $"This is a thin event ({EventObjects.Thin}): it names an object and does not carry it. "
                + "In Stripe, configure a snapshot endpoint (event destination with the payload style \"Snapshot\") for this address.");
        }

        if (kind.ValueKind != JsonValueKind.String || !kind.ValueEquals(EventObjects.Snapshot))
            throw new StripeEventException("object", "should be \"event\": this is not an event as Stripe sends it to a webhook endpoint.");
    }

    private static IHasObject? ReadObject(string type, JsonElement json)
    {
        const string Path = "data.object";
        if (json.ValueKind != JsonValueKind.Object) throw new StripeEventException(Path, "should be an object.");
        var kind = StripeJson.Get(json, "object") is { ValueKind: JsonValueKind.String } said ? said.GetString() : null;
        if (ObjectOf(type) is { } expected && kind != expected)
            throw new StripeEventException($"{Path}.object", $"should be \"{expected}\" in an event of the type {type}.");
        if (!StripeShape.Knows(kind) || type == EventTypes.InvoiceUpcoming) return null; // an upcoming invoice has no id
        StripeJson.Check(json, kind!, Path);
        try
        {
            return JsonSerializer.Deserialize<IHasObject>(StripePruning.Pruned(json, kind!), StripeConfiguration.SerializerOptions);
        }
        catch (Exception e)
        {
            // Any exception of its converters: such an event waits for a person, and holds nobody up.
            throw new StripeEventException($"{Path} has a member that Stripe's library cannot read.", e);
        }
    }

    // The object of a type with effects must be of the kind that the type names.
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
