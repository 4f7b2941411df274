using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Payment intents as the API makes them: with a saved card, its owner being there or not.</summary>
internal sealed class StripeIntents(StripeStore store, StripePayments payments, StripePaymentMethods methods)
{
    private const string Parameters =
        "allowed_payment_method_types>=endive amount automatic_payment_methods capture_method confirm confirmation_method currency customer description " +
        "error_on_requires_action expand metadata off_session payment_method payment_method_types<endive receipt_email return_url setup_future_usage " +
        "statement_descriptor statement_descriptor_suffix";

    private const long LeastUsd = 50;

    public JsonObject Create(StripeForm form)
    {
        form.Only(Parameters);
        var (amount, currency) = (Amount(form), form.Need("currency").ToLowerInvariant());
        if (currency == "usd" && amount < LeastUsd) throw StripeFault.Bad("Amount must be at least $0.50 usd", "amount", "amount_too_small");
        var customer = Customer(form);
        var method = Method(form, customer);
        var (confirm, away) = (form.Flag("confirm") ?? false, form.Flag("off_session") ?? false);
        if (away && !confirm) throw StripeFault.Bad("You cannot set `off_session` when `confirm` is not `true`.", "off_session");
        if (confirm && method is null)
            throw StripeFault.Bad("You cannot confirm this PaymentIntent because it's missing a payment method.", code: "payment_intent_unexpected_state");

        var of = new JsonObject { ["currency"] = currency, ["customer"] = customer, ["customer_email"] = form.Text("receipt_email") };
        var intent = payments.Begin(of, amount, form.Metadata("metadata"), method?.Name("id")).With(
            ("status", method is null ? "requires_payment_method" : "requires_confirmation"),
            ("description", form.Text("description")), ("setup_future_usage", form.Text("setup_future_usage")));
        return confirm ? Confirm(intent, method!, away) : intent;
    }

    public JsonObject List(StripeForm form)
    {
        form.Only(StripeLists.Paging + " customer");
        return StripeLists.Page("/v1/payment_intents", store.All("payment_intent", form, "customer"), form);
    }

    /// <summary>Nobody is there to answer the bank's question when the payment is off-session: then it is a decline.</summary>
    private JsonObject Confirm(JsonObject intent, JsonObject method, bool away)
    {
        switch (methods.BehaviourOf(method.Name("id")))
        {
            case StripeCard.Declined:
                throw Decline(intent, method, "card_declined", "generic_decline", "Your card was declined.");
            case StripeCard.NeedsAuthentication when away:
                throw Decline(intent, method, "authentication_required", "authentication_required",
                    "Your card was declined. This transaction requires authentication.");
            case StripeCard.NeedsAuthentication:
                return intent.With(("status", "requires_action"), ("next_action", new JsonObject { ["type"] = "use_stripe_sdk" }));
            default:
                payments.Succeed(intent, announce: true);
                return intent;
        }
    }

    private StripeFault Decline(JsonObject intent, JsonObject method, string code, string declineCode, string message)
    {
        payments.Fail(intent.With(("payment_method", null)), new JsonObject
        {
            ["code"] = code,
            ["decline_code"] = declineCode,
            ["message"] = message,
            ["payment_method"] = method.Copy(),
            ["type"] = "card_error",
        });
        return new StripeFault(402, message) { Type = "card_error", Code = code, DeclineCode = declineCode, Intent = intent.Copy() };
    }

    private string? Customer(StripeForm form) =>
        form.Text("customer") is { Length: > 0 } id ? store.Find("customer", id, "customer").Name("id") : null;

    private JsonObject? Method(StripeForm form, string? customer)
    {
        if (form.Text("payment_method") is not { Length: > 0 } id) return null;
        var method = store.Find("payment_method", id, "payment_method");
        if (method.Text("customer") is null)
            throw StripeFault.Bad("The provided PaymentMethod was previously used or detached from its Customer and may not be used again.", "payment_method");
        return method.Text("customer") == customer ? method : throw StripeFault.Bad(
            $"The provided PaymentMethod belongs to the Customer {method.Text("customer")}. Please include that Customer in the `customer` parameter.",
            "payment_method");
    }

    private static long Amount(StripeForm form) => form.Whole("amount") switch
    {
        null => throw StripeFault.MissingParameter("amount"),
        < 1 => throw StripeFault.Bad("This value must be greater than or equal to 1.", "amount", "parameter_invalid_integer"),
        var amount => amount.Value,
    };
}
