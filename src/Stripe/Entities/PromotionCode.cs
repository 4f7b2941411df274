namespace Stripe;

/// <summary>A code that buyers type for a discount.</summary>
public sealed record PromotionCode : IHasId
{
    /// <summary><c>promo_…</c></summary>
    public required string Id { get; init; }

    /// <summary>What buyers type.</summary>
    public required string Code { get; init; }

    /// <summary>The coupon that it gives.</summary>
    public string? CouponId { get; init; }

    /// <summary>Whether it works now.</summary>
    public bool Active { get; init; }

    internal static PromotionCode Read(Fields json) => new()
    {
        Id = json.Id("id"),
        Code = json.Text("code"),
        CouponId = json.ObjectOrNull("promotion")?.ExpandableId("coupon") ?? json.ExpandableId("coupon"), // ≥ clover, else before
        Active = json.FlagOrNull("active") ?? false,
    };
}
