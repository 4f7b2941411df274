using BillingMonolith.Identity;
using static BillingMonolith.Identity.ReadFeaturesHandler;

namespace BillingMonolith.Specs.Identity;

/// <summary>Whether a user may use a feature: what his tier gives of it, and what grace leaves.</summary>
public sealed class FeatureSpecs
{
    [Theory]
    [InlineData("boolean", "true", null, true)]
    [InlineData("boolean", "false", null, false)]
    [InlineData("number", "10", null, true)]
    [InlineData("number", "0", null, true)]
    [InlineData("text", "unlimited", null, true)]
    [InlineData("boolean", null, null, false)] // another tier gives it
    [InlineData("number", null, null, false)]
    [InlineData("boolean", "true", "", false)] // grace leaves nothing
    [InlineData("boolean", "true", "other", false)]
    [InlineData("boolean", "true", "other asked", true)]
    [InlineData("boolean", "false", "asked", false)] // and gives nothing
    [InlineData("text", null, "asked", false)]
    public void A_feature_is_on_when_the_tier_gives_it_and_grace_leaves_it(string type, string? value, string? grace, bool enabled)
    {
        var feature = Judge(new Offer("asked", type, value), grace?.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        (feature.Key, feature.Enabled, feature.Metadata["type"], feature.Metadata["value"]).ShouldBe(("asked", enabled, type, value));
    }

    [Theory]
    [InlineData("api_access", "boolean", "true", true)]
    [InlineData("api_access", "boolean", "yes", false)]
    [InlineData("projects", "number", "-0.5", true)]
    [InlineData("projects", "number", "01", false)]
    [InlineData("projects", "number", "1\n", false)]
    [InlineData("projects", "text", "", false)]
    [InlineData("projects", "json", "{}", false)]
    [InlineData("Projects", "text", "many", false)]
    public void What_a_tier_gives_is_judged_before_the_database_does(string key, string type, string value, bool valid) =>
        new SetTierEntitlementValidator().Validate(new SetTierEntitlement("c", "starter", new EntitlementTerms(1, 7, [new(key, type, value)]))).IsValid.ShouldBe(valid);

    [Theory]
    [InlineData(0, 0, "a", true)]
    [InlineData(1001, 0, "a", false)]
    [InlineData(0, 91, "a", false)]
    [InlineData(0, -1, "a", false)]
    [InlineData(0, 0, "b", false)] // no feature of this tier
    public void Rank_days_and_what_stays_on_are_judged_too(int rank, int days, string grace, bool valid) =>
        new SetTierEntitlementValidator().Validate(new SetTierEntitlement("c", "starter", new EntitlementTerms(rank, days, [new("a", "text", "x")], [grace]))).IsValid.ShouldBe(valid);
}
