using System.Globalization;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Specs.HostRoom;

/// <summary>Amounts as people write them, by the decimals of their currency as Stripe counts.</summary>
public sealed class MajorUnitSpecs
{
    [Theory]
    [InlineData(1000L, "usd", "10.00")]
    [InlineData(1L, "eur", "0.01")]
    [InlineData(0L, "usd", "0.00")]
    [InlineData(1500L, "jpy", "1500")]
    [InlineData(1500L, "krw", "1500")]
    [InlineData(1500L, "kwd", "1.500")]
    [InlineData(1500L, "ugx", "15.00")] // sent with two decimals, though it has none
    [InlineData(1500L, "isk", "15.00")]
    [InlineData(9_999_999_999L, "usd", "99999999.99")]
    public void An_amount_has_its_currency_s_decimals(long minor, string currency, string major) =>
        MajorUnits.Of(minor, currency)!.Value.ToString(CultureInfo.InvariantCulture).ShouldBe(major);

    [Fact]
    public void What_was_not_paid_has_no_amount() => MajorUnits.Of(null, "usd").ShouldBeNull();
}
