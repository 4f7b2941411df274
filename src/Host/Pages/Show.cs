using System.Globalization;
using BillingMonolith.Host.Api;

namespace BillingMonolith.Host.Pages;

/// <summary>How the pages write numbers, money and times: alike everywhere.</summary>
internal static class Show
{
    private static readonly CultureInfo English = CultureInfo.InvariantCulture;

    public static string Credits(long credits) => credits.ToString("N0", English);

    /// <summary>With its sign, and a minus that is as wide as a plus.</summary>
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

    public static string Day(DateTime utc) => utc.ToString("d MMM yyyy", English);

    public static string Time(DateTime utc) => utc.ToString("d MMM yyyy, HH:mm 'UTC'", English);
}
