using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Benchmarks;

/// <summary>
/// Unique <c>checkout.session.completed</c> events of paid credit packs: one that the stand-in has made, with the tails of its ids written over.
/// </summary>
internal sealed class EventTemplate
{
    public const int Customers = 2_000;
    private const int Digits = 9;
    private const int CustomerDigits = 6;
    private readonly byte[] body;
    private readonly List<int> numbers = [];
    private readonly List<int> customers = [];

    private EventTemplate(StripeEvent example, string session, string? intent, string user)
    {
        body = Encoding.UTF8.GetBytes(JsonNode.Parse(example.Bytes())!.ToJsonString());
        foreach (var id in new[] { example.Id, session, intent }.OfType<string>()) numbers.AddRange(Ends(id).Select(end => end - Digits));
        customers.AddRange(Ends(user).Select(end => end - CustomerDigits));
        EventIdPrefix = example.Id[..^Digits];
    }

    public int Length => body.Length;

    private string EventIdPrefix { get; }

    public static EventTemplate Of(StripeStandIn stripe)
    {
        var buyer = DemoUsers.Buyer;
        stripe.HoldDeliveries();
        var session = stripe.OpenPackSession(new ShopUser(buyer.Id, $"{buyer.FirstName} {buyer.LastName}", buyer.Email!), "starter");
        stripe.Pay(session, new StripeBuyer(buyer.Email!, "Ada Lovelace"));
        var paid = stripe.Events.Last(e => e.Type == "checkout.session.completed");
        return new EventTemplate(paid, session, (string?)stripe.Read(session)["payment_intent"], buyer.Id);
    }

    public string EventId(int number) => EventIdPrefix + number.ToString("D9", CultureInfo.InvariantCulture);

    /// <summary>Writes the event of this number; its customer follows from it.</summary>
    public void Write(Span<byte> target, int number)
    {
        body.CopyTo(target);
        foreach (var at in numbers) number.TryFormat(target.Slice(at, Digits), out _, "D9", CultureInfo.InvariantCulture);
        var customer = (int)(unchecked((uint)number * 2_654_435_761u) % Customers); // neighbours in time are not neighbours in the accounts
        foreach (var at in customers) customer.TryFormat(target.Slice(at, CustomerDigits), out _, "D6", CultureInfo.InvariantCulture);
    }

    private IEnumerable<int> Ends(string id)
    {
        var sought = Encoding.ASCII.GetBytes(id);
        for (var at = 0; body.AsSpan(at).IndexOf(sought) is var next and >= 0; at += next + sought.Length) yield return at + next + sought.Length;
    }
}
