namespace Stripe;

/// <summary>A discount on an invoice or a subscription.</summary>
/// <param name="Id"><c>di_…</c></param>
/// <param name="CouponId">Null when Stripe sent only the discount's id.</param>
/// <param name="PromotionCodeId"><c>promo_…</c>, when a code was typed.</param>
public sealed record Discount(string Id, string? CouponId, string? PromotionCodeId) : IHasId
{
    // ≤ acacia has one "discount" object; since basil there is only "discounts", of ids unless they were expanded.
    internal static IReadOnlyList<Discount> ReadAll(Fields owner)
    {
        var discounts = owner.EachExpandable("discounts", id => new Discount(id, CouponId: null, PromotionCodeId: null), Read);
        if (discounts.Count == 0 && owner.ObjectOrNull("discount") is { } single) discounts.Add(Read(single));
        return discounts;
    }

    // Since clover the coupon stands under "source".
    private static Discount Read(Fields json) => new(
        json.Id("id"),
        json.ObjectOrNull("source")?.ExpandableId("coupon") ?? json.ExpandableId("coupon"),
        json.ExpandableId("promotion_code"));
}
