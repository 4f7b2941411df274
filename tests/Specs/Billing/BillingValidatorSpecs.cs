using BillingMonolith.Billing;
using BillingMonolith.Billing.Lago;

namespace BillingMonolith.Specs.Billing;

public sealed class BillingValidatorSpecs
{
    [Theory]
    [InlineData("http://lago-api:3000")]
    [InlineData("https://api.getlago.com/api/v1/")]
    public void A_right_address_is_accepted(string url) =>
        new LagoOptionsValidator().Validate(new LagoOptions { Url = url, ApiKey = "key" }).IsValid.ShouldBeTrue();

    [Theory]
    [InlineData("", "Lago:Url is missing")]
    [InlineData("  ", "Lago:Url is missing")]
    [InlineData("lago-api:3000", "not an absolute http")]
    [InlineData("/api/v1", "not an absolute http")]
    [InlineData("ftp://lago", "not an absolute http")]
    [InlineData("https://user:pw@lago", "not an absolute http")]
    public void A_wrong_address_is_named_with_what_to_do(string url, string says)
    {
        var message = new LagoOptionsValidator().Validate(new LagoOptions { Url = url, ApiKey = "key" }).Errors.ShouldHaveSingleItem().ErrorMessage;
        message.ShouldContain(says);
        message.ShouldContain("LAGO_API_URL");
    }

    [Theory]
    [InlineData("", "Lago:ApiKey is missing")]
    [InlineData(" \n", "Lago:ApiKey is missing")]
    [InlineData("se cret", "has a character that no key has")]
    public void A_wrong_key_is_named_and_never_shown(string key, string says)
    {
        var message = new LagoOptionsValidator().Validate(new LagoOptions { Url = "http://lago", ApiKey = key }).Errors.ShouldHaveSingleItem().ErrorMessage;
        message.ShouldContain(says);
        message.ShouldNotContain("se cret");
    }

    [Fact]
    public void A_key_from_a_file_may_end_with_a_line() =>
        new LagoOptionsValidator().Validate(new LagoOptions { Url = "http://lago", ApiKey = "key\n" }).IsValid.ShouldBeTrue();

    [Fact]
    public void A_whole_command_is_accepted() => Faults(Whole).ShouldBeEmpty();

    [Fact]
    public void What_lacks_is_named()
    {
        Faults(Whole with { UserId = " u-1" }).ShouldBe(["UserId"]);
        Faults(Whole with { UserId = "" }).ShouldBe(["UserId"]);
        Faults(Whole with { SubscriptionId = "sub_1 " }).ShouldBe(["SubscriptionId"]);
        Faults(Whole with { CustomerId = new string('c', 101) }).ShouldBe(["CustomerId"]);
        Faults(Whole with { TierId = "" }).ShouldBe(["TierId"]);
        Faults(Whole with { Cycle = (BillingCycle)7 }).ShouldBe(["Cycle"]);
        Faults(Whole with { Status = "" }).ShouldBe(["Status"]);
        Faults(Whole with { AmountMinor = -1 }).ShouldBe(["AmountMinor"]);
        Faults(Whole with { Currency = "USD" }).ShouldBe(["Currency"]);
        Faults(Whole with { Currency = "usd\n" }).ShouldBe(["Currency"]);
        Faults(Whole with { AsOf = default }).ShouldBe(["AsOf"]);
        Faults(Whole with { Cause = "" }).ShouldBe(["Cause"]);
    }

    private static SyncSubscription Whole { get; } = new("evt_1", "u-1", "sub_1", "cus_1", "starter", BillingCycle.Monthly, "active")
    {
        AmountMinor = 1900, Currency = "usd", AsOf = DateTimeOffset.UnixEpoch,
    };

    private static IEnumerable<string> Faults(SyncSubscription command) =>
        new SyncSubscriptionValidator().Validate(command).Errors.Select(e => e.PropertyName).Distinct(StringComparer.Ordinal);
}
