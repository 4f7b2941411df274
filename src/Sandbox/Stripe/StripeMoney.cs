using System.Globalization;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Amounts for people.</summary>
internal static class StripeMoney
{
    private static readonly string[] NoMinorUnit =
        ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"];

    private static readonly string[] ThreeDecimals = ["bhd", "jod", "kwd", "omr", "tnd"];

    /// <summary>How many of the minor unit make one.</summary>
    public static long Unit(string? currency) => NoMinorUnit.Contains(currency) ? 1 : ThreeDecimals.Contains(currency) ? 1000 : 100;

    public static string Format(long amountMinor, string? currency)
    {
        var unit = Unit(currency);
        var number = string.Format(CultureInfo.InvariantCulture, unit switch { 1 => "{0:N0}", 1000 => "{0:N3}", _ => "{0:N2}" },
            amountMinor / (decimal)unit);
        return currency == "usd" ? "$" + number : $"{number} {currency?.ToUpperInvariant()}";
    }

    /// <summary>A price, with its interval when it has one: <c>$49.00 / month</c>.</summary>
    public static string Format(JsonNode price) => Format(price.Whole("unit_amount"), price.Text("currency")) + (price["recurring"] switch
    {
        null => "",
        var r when r.Whole("interval_count") == 1 => $" / {r.Text("interval")}",
        var r => string.Create(CultureInfo.InvariantCulture, $" / {r.Whole("interval_count")} {r.Text("interval")}s"),
    });
}
