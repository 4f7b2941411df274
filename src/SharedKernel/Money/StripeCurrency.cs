using System.Text.RegularExpressions;

namespace BillingMonolith.SharedKernel;

/// <summary>The currencies and amounts that Stripe accepts (docs.stripe.com/currencies).</summary>
public static partial class StripeCurrency
{
    /// <summary>An ISO 4217 code as Stripe writes it: three small letters.</summary>
    public static bool IsCode(string? code) => code is not null && Iso().IsMatch(code);

    /// <summary>
    /// Amounts are multiples of this: Stripe counts krónur and Uganda shillings in hundredths that must be 00, and accepts thousandths of dinars and
    /// rials in tens.
    /// </summary>
    public static int Step(string code) => code switch
    {
        "isk" or "ugx" => 100,
        "bhd" or "jod" or "kwd" or "omr" or "tnd" => 10,
        _ => 1,
    };

    [GeneratedRegex(@"^[a-z]{3}\z", RegexOptions.None, 1000)]
    private static partial Regex Iso();
}
