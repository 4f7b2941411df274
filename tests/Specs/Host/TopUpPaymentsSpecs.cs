using System.Text;
using BillingMonolith.Credits;
using BillingMonolith.Host.Checkout;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using Stripe;

namespace BillingMonolith.Specs.HostRoom;

/// <summary>What Stripe says of an automatic top-up, in an event or as an error, and what that means.</summary>
public sealed class TopUpPaymentsSpecs
{
    private const string Id = "019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5e";
    private const string Ours = $$"""{"purpose":"auto_topup","purchase_id":"{{Id}}","user_id":"u1"}""";

    [Theory]
    [InlineData("payment_intent.succeeded", "succeeded", "null", TopUpPayment.Paid, 1000)]
    [InlineData("payment_intent.payment_failed", "requires_payment_method", """{"code":"card_declined","type":"card_error"}""", TopUpPayment.Declined, 0)]
    [InlineData("payment_intent.payment_failed", "requires_payment_method", """{"code":"authentication_required","type":"card_error"}""", TopUpPayment.AuthenticationRequired, 0)]
    [InlineData("payment_intent.payment_failed", "requires_action", "null", TopUpPayment.AuthenticationRequired, 0)]
    [InlineData("payment_intent.payment_failed", "canceled", "null", TopUpPayment.Declined, 0)]
    [InlineData("payment_intent.succeeded", "processing", "null", TopUpPayment.Processing, 0)]
    public void An_event_of_its_payment_settles_a_top_up(string type, string status, string error, TopUpPayment payment, long received)
    {
        var facts = Happened(type, status, error, Ours);
        Routes.For(facts).ShouldBe([new SettleTopUp("evt_1", Id, payment) { PaymentIntentId = "pi_1", AmountMinor = received, Currency = "usd" }]);
        facts.Metadata["user_id"].ShouldBe("u1", "whose suite it is can be seen");
    }

    [Theory]
    [InlineData("succeeded", "{}")]
    [InlineData("succeeded", """{"purpose":"credit_pack","purchase_id":"019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5e"}""")] // its session speaks for it
    [InlineData("requires_confirmation", Ours)] // not tried yet
    public void Every_other_payment_leads_to_nothing(string status, string metadata) =>
        Routes.For(Happened("payment_intent.succeeded", status, "null", metadata)).ShouldBeEmpty();

    [Theory]
    [InlineData(402, "card_error", "card_declined", null, TopUpPayment.Declined)]
    [InlineData(402, "card_error", "expired_card", null, TopUpPayment.Declined)]
    [InlineData(402, "card_error", "authentication_required", null, TopUpPayment.AuthenticationRequired)]
    [InlineData(400, "invalid_request_error", null, "payment_method", TopUpPayment.MethodGone)]
    [InlineData(404, "invalid_request_error", "resource_missing", "customer", TopUpPayment.MethodGone)]
    [InlineData(400, "invalid_request_error", "amount_too_small", "amount", TopUpPayment.Refused)]
    [InlineData(400, "idempotency_error", null, null, null)] // something was made with this key: look for it
    [InlineData(409, "idempotency_error", "idempotency_key_in_use", null, null)]
    [InlineData(401, "invalid_request_error", null, null, null)] // our key is wrong, not the card
    [InlineData(403, "invalid_request_error", null, null, null)]
    [InlineData(429, "invalid_request_error", "rate_limit", null, null)]
    [InlineData(500, "api_error", null, null, null)]
    public async Task An_error_ends_a_top_up_only_when_it_is_for_good(int status, string type, string? code, string? param, TopUpPayment? payment)
    {
        var error = $$"""{"error":{"type":"{{type}}","code":{{Quoted(code)}},"param":{{Quoted(param)}} } }""";
        using var http = new HttpClient(new Answer(status, error)) { BaseAddress = new Uri("https://stripe.test") };
        var intents = new PaymentIntentService(new GuardedStripeClient(http, "sk_test_1", retries: 0));
        var failure = await Should.ThrowAsync<StripeException>(() => intents.CreateAsync(new() { Amount = 1, Currency = "usd" }));
        TopUpPayments.Refusal(failure).ShouldBe(payment);
    }

    private static string Quoted(string? text) => text is null ? "null" : $"\"{text}\"";

    private static EventFacts Happened(string type, string status, string error, string metadata) => new(StripeEventReader.Read(Encoding.UTF8.GetBytes($$"""
        {"id":"evt_1","object":"event","api_version":"2025-12-15.clover","type":"{{type}}","created":1766167913,"livemode":false,"data":{"object":
          {"id":"pi_1","object":"payment_intent","amount":1000,"amount_received":{{(status == "succeeded" ? 1000 : 0)}},"currency":"usd","status":"{{status}}",
           "customer":"cus_1","created":1766167908,"livemode":false,"last_payment_error":{{error}},"metadata":{{metadata}} } } }
        """)));

    private sealed class Answer(int status, string body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage((System.Net.HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") });
    }
}
