using System.Text.Json;
using System.Text.Json.Nodes;

namespace BillingMonolith.Host.Neighbours;

/// <summary>
/// Reads an event of each kind once, before anything is claimed. Stripe.net learns its types on their first read, which takes a third of a second of
/// processor time: under a lease that would count as an attempt, and would delay a host that takes over from a dead one.
/// </summary>
internal static class StripeWarmUp
{
    private static readonly Lazy<Task> Once = new(() => Task.Run(() =>
    {
        foreach (var (type, kind) in (ReadOnlySpan<(string, string)>)
        [
            ("checkout.session.completed", "checkout.session"), ("customer.subscription.updated", "subscription"), ("invoice.paid", "invoice"),
            ("charge.refunded", "charge"),
        ])
        {
            StripeEventReader.Read(JsonSerializer.SerializeToUtf8Bytes(new JsonObject
            {
                ["id"] = "evt_x", ["object"] = "event", ["type"] = type, ["created"] = 1, ["livemode"] = false,
                ["data"] = new JsonObject { ["object"] = Sample(kind) },
            }));
        }
    }));

    /// <summary>Ends when it is done, which is once in a process.</summary>
    public static Task DoneAsync() => Once.Value;

    private static JsonObject Sample(string kind)
    {
        var sample = new JsonObject { ["object"] = kind };
        foreach (var member in StripeShape.Of(kind)) sample[member.Name] = Sample(member);
        return sample;
    }

    private static JsonNode Sample(Member member) => member.Form switch
    {
        Form.Integer or Form.Time => 1,
        Form.Flag => false,
        Form.Metadata => new JsonObject(),
        Form.Object => Sample(member.Kind!),
        Form.Reference when member.Kind is { } kind => Sample(kind),
        Form.Each => new JsonArray(Sample(member.Kind!)),
        Form.List => new JsonObject { ["object"] = "list", ["data"] = new JsonArray(Sample(member.Kind!)) },
        _ => "x",
    };
}
