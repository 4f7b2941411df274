using static BillingMonolith.Host.Neighbours.Form;

namespace BillingMonolith.Host.Neighbours;

/// <summary>
/// The kind of a member. <see cref="Reference"/> is an id, or the object that Stripe expanded; <see cref="Each"/> is an array, <see cref="List"/> a page.
/// </summary>
internal enum Form
{
    Id,
    Text,
    Integer,
    Flag,
    Time,
    Reference,
    Metadata,
    Object,
    List,
    Each,
}

/// <param name="Kind">The kind of the object, or of each element, in <see cref="StripeShape"/>; null = anything.</param>
internal readonly record struct Member(string Name, Form Form, bool IsRequired, string? Kind);

/// <summary>
/// The members of Stripe's objects that we use, in the shape of every API version. Stripe.net reads a missing member as null, 0 or 1970, and of a
/// duplicate the last: so every object is checked against this table first. A member that is not in it is never read.
/// </summary>
internal static class StripeShape
{
    private static readonly Member[] Head = [.. Must(Id, "id"), .. Must(Time, "created"), .. Must(Flag, "livemode"), .. May(Form.Metadata, "metadata")];

    private static readonly Dictionary<string, Member[]> Kinds = new(StringComparer.Ordinal)
    {
        ["event"] =
        [
            .. Must(Id, "id", "type"), .. Must(Time, "created"), .. Must(Flag, "livemode"), .. May(Text, "api_version"),
            new Member("data", Form.Object, IsRequired: true, "event_data"),
        ],
        ["event_data"] = [new Member("object", Form.Object, IsRequired: true, "anything")],
        ["anything"] = [],
        ["identified"] = [.. Must(Id, "id")],
        ["checkout.session"] =
        [
            .. Head, .. Must(Text, "mode", "payment_status"), .. May(Text, "status", "currency", "client_reference_id", "customer_email", "url"),
            .. May(Integer, "amount_subtotal", "amount_total"), .. May(Reference, "payment_intent", "invoice"), .. May(Time, "expires_at"),
            .. Nested(Reference, "customer", "customer"), .. Nested(Reference, "subscription", "subscription"),
            .. Nested(Form.Object, "total_details", "total_details"),
            .. Nested(Form.Object, "contact", "customer_details", "shipping_details"), .. Nested(Form.Object, "collected_information", "collected_information"),
            .. Nested(List, "item", "line_items"),
        ],
        ["total_details"] = [.. May(Integer, "amount_discount")],
        ["collected_information"] = [.. Nested(Form.Object, "contact", "shipping_details")],
        ["contact"] = [.. May(Text, "email", "name", "phone"), .. Nested(Form.Object, "address", "address")],
        ["address"] = [.. May(Text, "line1", "line2", "city", "state", "postal_code", "country")],
        ["item"] =
        [
            .. Must(Id, "id"), .. Must(Integer, "amount_subtotal", "amount_total"), .. Must(Text, "currency"), .. May(Text, "description"),
            .. May(Integer, "quantity"), .. Nested(Reference, "price", "price"),
        ],
        ["subscription"] =
        [
            .. Head, .. Must(Text, "status"), .. Must(Reference, "customer"), .. May(Text, "currency"), .. May(Flag, "cancel_at_period_end"),
            .. May(Time, "cancel_at", "canceled_at", "ended_at", "start_date", "trial_end", "current_period_start", "current_period_end"),
            .. Nested(Reference, "invoice", "latest_invoice"), .. Nested(Reference, "subscription_schedule", "schedule"),
            new Member("items", List, IsRequired: true, "subscription_item"),
        ],
        ["subscription_item"] =
        [
            .. Must(Id, "id"), .. May(Integer, "quantity"), .. May(Time, "current_period_start", "current_period_end"),
            new Member("price", Form.Object, IsRequired: true, "price"),
        ],
        ["price"] =
        [
            .. Must(Id, "id"), .. Must(Text, "currency"), .. May(Text, "lookup_key"), .. May(Integer, "unit_amount"), .. May(Flag, "active"),
            .. May(Form.Metadata, "metadata"), .. Nested(Form.Object, "recurring", "recurring"), .. Nested(Reference, "product", "product"),
        ],
        ["recurring"] = [.. Must(Text, "interval"), .. May(Integer, "interval_count")],
        ["product"] = [.. Must(Id, "id"), .. May(Text, "name", "description"), .. May(Flag, "active", "deleted"), .. May(Form.Metadata, "metadata")],
        ["subscription_schedule"] =
        [
            .. Head, .. Must(Text, "status"), .. May(Reference, "subscription", "released_subscription"),
            .. Nested(Form.Object, "current_phase", "current_phase"), .. Nested(Each, "phase", "phases"),
        ],
        ["current_phase"] = [.. Must(Time, "start_date", "end_date")],
        ["phase"] =
        [
            .. Must(Time, "start_date", "end_date"), .. May(Time, "trial_end"), .. May(Form.Metadata, "metadata"),
            .. Nested(Each, "phase_item", "items"), .. Nested(Each, "phase_discount", "discounts"),
        ],
        ["phase_item"] = [.. Nested(Reference, "price", "price"), .. May(Integer, "quantity")],
        ["phase_discount"] = [.. May(Reference, "coupon", "discount", "promotion_code")],
        ["invoice"] =
        [
            .. Head, .. Must(Integer, "amount_paid", "amount_due"), .. Must(Text, "currency"),
            .. May(Text, "status", "billing_reason", "customer_email", "hosted_invoice_url"), .. May(Integer, "total"),
            .. May(Flag, "paid", "paid_out_of_band"),
            .. May(Reference, "customer", "subscription"), .. May(Time, "next_payment_attempt"),
            .. Nested(Form.Object, "invoice_parent", "parent"), .. Nested(Form.Object, "subscription_details", "subscription_details"),
            .. Nested(List, "line", "lines"),
        ],
        ["invoice_parent"] = [.. Nested(Form.Object, "subscription_details", "subscription_details")],
        ["subscription_details"] = [.. May(Reference, "subscription"), .. May(Form.Metadata, "metadata")],
        ["line"] =
        [
            .. Must(Id, "id"), .. Must(Integer, "amount"), .. Must(Text, "currency"), .. May(Text, "description"), .. May(Integer, "quantity"),
            .. Nested(Form.Object, "period", "period"), .. Nested(Form.Object, "pricing", "pricing"), .. May(Reference, "price"),
        ],
        ["period"] = [.. May(Time, "start", "end")],
        ["pricing"] = [.. Nested(Form.Object, "price_details", "price_details")],
        ["price_details"] = [.. May(Reference, "price", "product")],
        ["charge"] =
        [
            .. Head, .. Must(Integer, "amount", "amount_refunded"), .. Must(Text, "currency"), .. May(Flag, "refunded", "disputed"), .. May(Text, "status"),
            .. May(Reference, "customer", "payment_intent", "invoice"), .. Nested(List, "refund", "refunds"),
        ],
        ["refund"] =
        [
            .. Must(Id, "id"), .. Must(Integer, "amount"), .. Must(Text, "currency"), .. Must(Time, "created"), .. May(Form.Metadata, "metadata"),
            .. May(Text, "status", "reason", "failure_reason"), .. May(Reference, "charge", "payment_intent"),
        ],
        ["dispute"] =
        [
            .. Head, .. Must(Integer, "amount"), .. Must(Text, "currency", "status"), .. May(Text, "reason"), .. May(Flag, "is_charge_refundable"),
            .. May(Reference, "charge", "payment_intent"), .. Nested(Each, "balance_transaction", "balance_transactions"),
        ],
        ["balance_transaction"] = [.. Must(Id, "id"), .. Must(Integer, "amount", "fee"), .. Must(Text, "currency")],
        ["payment_intent"] =
        [
            .. Head, .. Must(Integer, "amount"), .. Must(Text, "currency", "status"), .. May(Integer, "amount_received"),
            .. May(Reference, "customer", "payment_method", "latest_charge", "invoice"), .. Nested(Form.Object, "error", "last_payment_error"),
        ],
        ["error"] = [.. May(Text, "type", "code", "message", "param", "decline_code")],
        ["payment_method"] = [.. Head, .. Must(Text, "type"), .. May(Reference, "customer"), .. Nested(Form.Object, "card", "card")],
        ["card"] = [.. Must(Text, "brand"), .. May(Text, "last4"), .. Must(Integer, "exp_month", "exp_year")],
        ["customer"] = [.. Must(Id, "id"), .. May(Text, "email", "name"), .. May(Flag, "deleted", "livemode"), .. May(Form.Metadata, "metadata")],
        ["webhook_endpoint"] =
        [
            .. Must(Id, "id"), .. Must(Text, "url", "status"), .. Must(Time, "created"),
            .. May(Text, "api_version", "secret", "description"),
        ],
        ["billing_portal.session"] = [.. Must(Id, "id"), .. Must(Text, "url")],
    };

    /// <summary>Whether objects of this kind are known here.</summary>
    public static bool Knows(string? kind) => kind is not null && Kinds.ContainsKey(kind);

    /// <summary>Whether we use a member of this kind, of this name.</summary>
    public static IReadOnlyList<Member> Of(string kind) => Kinds[kind];

    private static IEnumerable<Member> Must(Form form, params string[] names) => names.Select(name => new Member(name, form, IsRequired: true, Kind: null));

    private static IEnumerable<Member> May(Form form, params string[] names) => names.Select(name => new Member(name, form, IsRequired: false, Kind: null));

    private static IEnumerable<Member> Nested(Form form, string kind, params string[] names) =>
        names.Select(name => new Member(name, form, IsRequired: false, kind));
}
