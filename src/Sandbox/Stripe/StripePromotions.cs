using System.Globalization;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Coupons and the codes that customers type for them.</summary>
internal sealed class StripePromotions(StripeStore store)
{
    /// <summary>Takes all off.</summary>
    public const string Free = "FREE100";

    /// <summary>Codes to try things out with.</summary>
    public void Seed()
    {
        Add("SAVE20", percentOff: 20, amountOffMinor: null, "usd");
        Add(Free, percentOff: 100, amountOffMinor: null, "usd");
    }

    public JsonObject Add(string code, decimal? percentOff, long? amountOffMinor, string currency)
    {
        var off = percentOff is { } percent ? string.Create(CultureInfo.InvariantCulture, $"percent_off={percent}")
            : string.Create(CultureInfo.InvariantCulture, $"amount_off={amountOffMinor}&currency={currency}");
        var coupon = CreateCoupon(StripeForm.Parse($"{off}&duration=once&name={Uri.EscapeDataString(code)}")).Text("id");
        return CreateCode(StripeForm.Parse($"promotion[type]=coupon&promotion[coupon]={coupon}&code={Uri.EscapeDataString(code)}"));
    }

    public JsonObject CreateCoupon(StripeForm form)
    {
        form.Only("amount_off currency duration expand id max_redemptions metadata name percent_off redeem_by");
        var id = form.Text("id") ?? store.NewId("", 8);
        if (store.TryFind(id) is not null) throw StripeFault.Bad($"Coupon already exists: {id}", "id", "resource_already_exists");
        if (form.Text("duration") is not (null or "once")) throw StripeFault.Bad("This stand-in has coupons for one payment only.", "duration");
        var (percent, amount) = (Percent(form), form.Whole("amount_off"));
        if (percent is null == amount is null) throw StripeFault.Bad("You must pass one of percent_off, amount_off.");
        if (amount < 1) throw StripeFault.Bad("This value must be greater than or equal to 1.", "amount_off", "parameter_invalid_integer");
        return store.Add(StripeShapes.Coupon().With(
            ("id", id), ("amount_off", amount), ("percent_off", percent), ("created", store.Now), ("name", form.Text("name")),
            ("currency", amount is null ? null : form.Need("currency").ToLowerInvariant()), ("metadata", form.Metadata("metadata")),
            ("max_redemptions", form.Whole("max_redemptions")), ("redeem_by", form.Whole("redeem_by"))));
    }

    public JsonObject CreateCode(StripeForm form)
    {
        form.Only("active code coupon<clover customer expand expires_at max_redemptions metadata promotion>=clover");
        var coupon = Coupon(form.Since(StripeRendering.Clover) ? form.Group("promotion") ?? throw StripeFault.MissingParameter("promotion") : form);
        var code = form.Text("code") ?? store.NewId("", 8).ToUpperInvariant();
        var customer = form.Text("customer") is { Length: > 0 } only ? store.Find("customer", only, "customer").Name("id") : null;
        if (Active(code) is not null) throw StripeFault.Bad($"An active promotion code with `code: {code}` already exists.", "code");
        var made = store.Add(StripeShapes.PromotionCode().With(
            ("id", store.NewId("promo_1")), ("code", code), ("created", store.Now), ("active", form.Flag("active") ?? true),
            ("customer", customer), ("expires_at", form.Whole("expires_at")), ("max_redemptions", form.Whole("max_redemptions")),
            ("metadata", form.Metadata("metadata"))));
        made["promotion"]!["coupon"] = coupon.Text("id");
        return made;
    }

    private JsonObject Coupon(StripeForm holder)
    {
        if (holder.Path.Length > 0) holder.Only("coupon type");
        return store.Find("coupon", holder.Need("coupon"), holder.PathOf("coupon"));
    }

    public JsonObject UpdateCode(string id, StripeForm form)
    {
        form.Only("active expand metadata");
        var code = store.Find("promotion_code", id);
        form.Merge("metadata", code["metadata"]!.AsObject());
        return code.With(("active", form.Flag("active") ?? code.Flag("active")));
    }

    public JsonObject ListCoupons(StripeForm form)
    {
        form.Only(StripeLists.Paging);
        return StripeLists.Page("/v1/coupons", store.All("coupon"), form);
    }

    public JsonObject ListCodes(StripeForm form)
    {
        form.Only(StripeLists.Paging + " active code coupon customer");
        var (active, coupon) = (form.Flag("active"), store.Filter(form, "coupon"));
        return StripeLists.Page("/v1/promotion_codes", store.All("promotion_code", form, "customer").Where(p =>
            (active is null || p.Flag("active") == active) && (form.Text("code") is not { } code || Same(p, code)) &&
            (coupon is null || CouponOf(p).Text("id") == coupon)), form);
    }

    /// <summary>The codes that work now.</summary>
    public IEnumerable<string> Codes => store.All("promotion_code").Where(p => p.Flag("active")).Select(p => p.Name("code")).Reverse();

    /// <summary>The code that was applied to a session; null when there is none.</summary>
    public JsonObject? Of(JsonObject session) =>
        session["discounts"]!.AsArray() is [{ } discount] ? store.Find("promotion_code", discount.Text("promotion_code")) : null;

    /// <summary><c>20 % off</c> or <c>$5.00 off</c>.</summary>
    public string Describe(JsonObject code) => CouponOf(code) is var coupon && coupon["percent_off"] is { } percent
        ? string.Create(CultureInfo.InvariantCulture, $"{(decimal)percent:0.##} % off")
        : $"{StripeMoney.Format(coupon.Whole("amount_off"), coupon.Text("currency"))} off";

    /// <summary>Takes a code's discount off the items of an open session, in place of another code's.</summary>
    public void Apply(JsonObject session, StripeBasket basket, string typed)
    {
        if (session["allow_promotion_codes"] is not { } allowed || !(bool)allowed)
            throw StripeFault.Bad("This session takes no promotion codes.", "promotion_code");
        var code = Active(typed.Trim()) ?? throw StripeFault.Bad("This code is invalid.", "promotion_code");
        var coupon = CouponOf(code);
        if (code.Text("customer") is { } only && only != session.Text("customer")) throw StripeFault.Bad("This code is invalid.", "promotion_code");
        if (IsOver(code, "expires_at") || IsOver(coupon, "redeem_by")) throw StripeFault.Bad("This code has expired.", "promotion_code");
        if (coupon.Text("currency") is { } currency && currency != session.Text("currency"))
            throw StripeFault.Bad("This code is for another currency.", "promotion_code");
        TakeOff(basket.Items, coupon);
        session["discounts"] = new JsonArray(new JsonObject { ["coupon"] = null, ["promotion_code"] = code.Text("id") });
        StripeSessions.Total(session, basket);
    }

    public void Remove(JsonObject session, StripeBasket basket)
    {
        foreach (var item in basket.Items) item.With(("amount_discount", 0L), ("amount_total", item.Whole("amount_subtotal")));
        session["discounts"] = new JsonArray();
        StripeSessions.Total(session, basket);
    }

    /// <summary>The session is paid: its code was used once more.</summary>
    public void Redeem(JsonObject session)
    {
        if (Of(session) is not { } code) return;
        foreach (var used in new[] { code, CouponOf(code) }) used["times_redeemed"] = used.Whole("times_redeemed") + 1;
    }

    /// <summary>In proportion; the last item takes what the rounding leaves.</summary>
    private static void TakeOff(IReadOnlyList<JsonObject> items, JsonObject coupon)
    {
        var subtotal = items.Sum(i => i.Whole("amount_subtotal"));
        var off = coupon["percent_off"] is { } percent ? (long)Math.Round(subtotal * (decimal)percent / 100, MidpointRounding.AwayFromZero)
            : Math.Min(subtotal, coupon.Whole("amount_off"));
        var left = off;
        foreach (var (i, item) in items.Index())
        {
            var price = item.Whole("amount_subtotal");
            var share = i == items.Count - 1 ? left : (long)((decimal)off * price / Math.Max(1, subtotal));
            left -= share;
            item.With(("amount_discount", share), ("amount_total", price - share));
        }
    }

    private JsonObject? Active(string code) => store.All("promotion_code").FirstOrDefault(p =>
        p.Flag("active") && Same(p, code) && !IsUsedUp(p) && !IsUsedUp(CouponOf(p)));

    private JsonObject CouponOf(JsonObject code) => store.Find("coupon", code["promotion"]!.Text("coupon"));

    private bool IsOver(JsonObject thing, string name) => thing[name] is { } at && (long)at <= store.Now;

    private static bool IsUsedUp(JsonObject thing) => thing["max_redemptions"] is { } most && thing.Whole("times_redeemed") >= (long)most;

    private static bool Same(JsonObject code, string typed) => string.Equals(code.Text("code"), typed, StringComparison.OrdinalIgnoreCase);

    private static decimal? Percent(StripeForm form) => form.Text("percent_off") is not { Length: > 0 } text ? null
        : decimal.TryParse(text, CultureInfo.InvariantCulture, out var percent) && percent is > 0 and <= 100 ? percent
        : throw StripeFault.Bad($"Invalid decimal: {text}; must be greater than 0 and at most 100.", "percent_off");
}
