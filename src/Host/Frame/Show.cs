using System.Globalization;
using BillingMonolith.Billing;
using BillingMonolith.Orders;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Host.Frame;

/// <summary>The format of numbers, money and times on all pages.</summary>
internal static class Show
{
    private static readonly CultureInfo English = CultureInfo.InvariantCulture;

    public static string Credits(long credits) => credits.ToString("N0", English);

    /// <summary>With its sign, and a minus as wide as a plus.</summary>
    public static string Change(long credits) => credits.ToString("+#,0;−#,0;0", English);

    public static string Money(long minor, string currency) => currency switch
    {
        "usd" => $"${Amount(minor, currency)}",
        "eur" => $"€{Amount(minor, currency)}",
        "gbp" => $"£{Amount(minor, currency)}",
        _ => $"{Amount(minor, currency)} {currency.ToUpperInvariant()}",
    };

    private static string Amount(long minor, string currency)
    {
        var amount = MajorUnits.Of(minor, currency)!.Value;
        return amount.ToString($"N{amount.Scale}", English);
    }

    /// <summary>The content of an order, in a few words.</summary>
    public static string OrderName(Order order) => order.Items switch
    {
        [{ Description: { } only }] => only,
        [{ Description: { } first }, ..] => $"{first} and {Credits(order.Items.Count - 1)} more",
        _ => order.Tier is { } tier ? $"Done for you: {Tier(tier)}" : order.Kind == "cart" ? "Your cart" : "Done for you",
    };

    // PROFESSIONAL_YEARLY is the notation of programs.
    private static string Tier(string tier) => tier.ToLowerInvariant().Split('_', 2) is var words && words[0].Length > 0
        ? string.Join(", ", words.Skip(1).Prepend(char.ToUpperInvariant(words[0][0]) + words[0][1..]))
        : tier;

    /// <summary>An address in the format of a parcel label.</summary>
    public static IEnumerable<string> Address(OrderShipping to) =>
        new[] { to.Name, to.Line1, to.Line2, $"{to.PostalCode} {to.City}".Trim(), to.State, to.Country }.OfType<string>().Where(l => l.Length > 0);

    /// <summary>A feature's key for people: <c>priority_support</c> is Priority support.</summary>
    public static string Words(string key) => key.Length == 0 ? key : $" {char.ToUpperInvariant(key[0])}{key[1..].Replace('_', ' ')} "
        .Replace(" Api ", " API ", StringComparison.Ordinal).Trim();

    /// <summary>A price with its period: $49.00 a month.</summary>
    public static string Price(long minor, string currency, BillingCycle cycle) =>
        $"{Money(minor, currency)} a {cycle.Interval()}";

    public static string Day(DateTime utc) => utc.ToString("d MMM yyyy", English);

    public static string Time(DateTime utc) => utc.ToString("d MMM yyyy, HH:mm 'UTC'", English);
}
