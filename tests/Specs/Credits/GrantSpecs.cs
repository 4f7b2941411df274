using BillingMonolith.Credits;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Specs.CreditsRoom;

/// <summary>What a grant may say.</summary>
public sealed class GrantSpecs
{
    private static readonly RequestKey Key = new("operator", "key-1", "grantCredits", "request-1");

    [Theory]
    [InlineData("ada", true)]
    [InlineData("7f3c2f1e-8c0e-4d5b-9d46-2f9d1f0f0a11", true)]
    [InlineData("", false)]
    [InlineData("ada\n", false)]
    [InlineData("ada/../admin", false)]
    public void Credits_are_granted_to_an_id_and_to_nothing_else(string userId, bool valid) =>
        new GrantCreditsValidator(TimeProvider.System).Validate(new GrantCredits(Key, userId, 1, "a reason", ExpiresAt: null)).IsValid.ShouldBe(valid);
}
