namespace BillingMonolith.SharedKernel;

/// <summary>An amount in major units. The code computes in minor units; this is for clients that have always received major units.</summary>
public static class MajorUnits
{
    // As Stripe counts (docs.stripe.com/currencies): ISK and UGX are sent with two decimals, though they have none.
    private const string WithoutDecimals = " bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf ";
    private const string WithThree = " bhd jod kwd omr tnd ";

    /// <summary>1000 usd are 10.00, 1000 jpy are 1000, 1000 kwd are 1.000.</summary>
    public static decimal? Of(long? minor, string currency) => minor * Unit($" {currency} ");

    private static decimal Unit(string currency) =>
        WithoutDecimals.Contains(currency, StringComparison.Ordinal) ? 1m : WithThree.Contains(currency, StringComparison.Ordinal) ? 0.001m : 0.01m;
}
