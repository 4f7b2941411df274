using System.Globalization;

namespace BillingMonolith.Credits;

/// <summary>The state of automatic top-up for a user. Amounts are minor units of `currency`; a field that is not set up is null.</summary>
/// <param name="State">`off`: not set up. `active`. `stopped`: it stopped by itself and waits for you, see `reason`.</param>
/// <param name="PackageCode">The pack to buy.</param>
/// <param name="Threshold">A pack is bought when the balance falls below it.</param>
/// <param name="MonthlyCapMinor">The limit on charges in a calendar month (UTC).</param>
/// <param name="Currency">ISO 4217, lower case.</param>
/// <param name="PaymentMethodId">The card to charge.</param>
/// <param name="ChargedThisMonthMinor">The charges of this month, pending ones too; refunded charges count.</param>
/// <param name="CapReached">Another pack this month would exceed the cap, so none is bought before the next.</param>
/// <param name="UnderWay">A pack is being bought now.</param>
/// <param name="StoppedReason">`declined`, `authentication-required`, `payment-method-gone`, `package-gone` or `payment-refused`; null unless it
/// stopped.</param>
/// <param name="Reason">For people: why it does not buy now and what to do; null when it does.</param>
public sealed record AutoTopUp(
    string State, string? PackageCode, long? Threshold, long? MonthlyCapMinor, string? Currency, string? PaymentMethodId,
    long ChargedThisMonthMinor, bool CapReached, bool UnderWay, string? StoppedReason, string? Reason)
{
    internal const string Active = "active";
    internal const string Stopped = "stopped";

    internal static AutoTopUp Off { get; } = new("off", null, null, null, null, null, 0, CapReached: false, UnderWay: false, null, null);

    internal static AutoTopUp Of(TopUpSettings settings, TopUpFacts facts)
    {
        var capped = settings.State == Active && facts.PriceMinor is { } price && facts.ChargedMinor + price > settings.MonthlyCapMinor;
        return new AutoTopUp(
            settings.State, settings.PackageCode, settings.Threshold, settings.MonthlyCapMinor, settings.Currency, settings.PaymentMethodId, facts.ChargedMinor,
            capped, facts.IsOpen, settings.StoppedReason,
            settings.StoppedReason is { } stopped ? StopReasons.Words[stopped] : capped ? CapWords(settings, facts) : null);
    }

    private static string CapWords(TopUpSettings settings, TopUpFacts facts) => string.Create(CultureInfo.InvariantCulture,
        $"Another pack costs {facts.PriceMinor} {settings.Currency} (minor units), and {facts.ChargedMinor} of the {settings.MonthlyCapMinor} a month "
        + $"are used up. It goes on next month; raise the cap, or buy a pack yourself, to have credits before.");
}

/// <summary>The settings that a user agreed to.</summary>
internal sealed record TopUpSettings(
    string UserId, string PackageCode, string Currency, long Threshold, long MonthlyCapMinor, string StripeCustomerId, string PaymentMethodId,
    string State, string? StoppedReason)
{
    /// <summary>The values of the columns.</summary>
    internal const string Select = """
        SELECT user_id AS UserId, package_code AS PackageCode, currency, threshold, monthly_cap_minor AS MonthlyCapMinor,
               stripe_customer_id AS StripeCustomerId, payment_method_id AS PaymentMethodId, state, stopped_reason AS StoppedReason
        FROM credit_auto_top_ups
        """;
}

/// <summary>The other facts for the decision: the balance, the pack's price now (null = no longer sold), and the charges of this month.</summary>
internal sealed record TopUpFacts(long Balance, long? PriceMinor, long ChargedMinor, bool IsOpen);

/// <summary>The reasons for which automatic top-up stopped: codes for programs and their meaning for people.</summary>
internal static class StopReasons
{
    public const string Declined = "declined";
    public const string AuthenticationRequired = "authentication-required";
    public const string MethodGone = "payment-method-gone";
    public const string PackageGone = "package-gone";
    public const string Refused = "payment-refused";

    public static readonly IReadOnlyDictionary<string, string> Words = new Dictionary<string, string>
    {
        [Declined] = "Your bank declined the payment. Nothing more is charged. Choose another card, or ask your bank, and save these settings again.",
        [AuthenticationRequired] =
            "Your bank wants you to confirm the payment yourself, which cannot happen while you are away. Buy a pack once and keep the card, then save "
            + "these settings again.",
        [MethodGone] = "The card is not saved any more. Save another one by buying a pack, then save these settings again.",
        [PackageGone] = "The pack is not sold any more. Choose another one and save these settings again.",
        [Refused] = "The payment could not be made as it was asked. Choose another card or another pack and save these settings again.",
    };
}
