using System.Net;
using System.Text.Json;
using BillingMonolith.Host.Neighbours;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Specs.StripeNeighbour;

/// <summary>How every request is sent, repeated and failed, over real HTTP on loopback.</summary>
public class ClientSpecs
{
    private const string Customer = """{"id":"cus_1","object":"customer","email":"a@b.c"}""";
    private static readonly CustomerCreateOptions Create = new() { Email = "a@b.c" };

    [Fact]
    public async Task A_request_carries_key_version_and_idempotency_key()
    {
        await using var stripe = await StripeStub.StartAsync(StripeStub.Json(Customer), StripeStub.Json(Customer), StripeStub.Json(Customer));
        (await new CustomerService(stripe.Client).CreateAsync(Create)).Id.ShouldBe("cus_1");
        await new CustomerService(stripe.Client).CreateAsync(Create, new RequestOptions { IdempotencyKey = "mine" });
        await new CustomerService(stripe.Client).GetAsync("cus_1", new CustomerGetOptions { Expand = ["subscriptions"] });

        var received = stripe.Received.ToArray();
        received[0].Method.ShouldBe("POST");
        received[0].Target.ShouldBe("/v1/customers");
        received[0].Body.ShouldBe("email=a%40b.c");
        received[0].Headers.ContentType.ToString().ShouldStartWith("application/x-www-form-urlencoded");
        received[0].Headers.Authorization.ToString().ShouldBe($"Bearer {StripeStub.Key}");
        received[0].Headers["Stripe-Version"].ToString().ShouldBe(StripeConfiguration.ApiVersion);
        received[0].Headers["Idempotency-Key"].ToString().ShouldNotBeNullOrEmpty();
        received[1].Headers["Idempotency-Key"].ToString().ShouldBe("mine");
        received[2].Headers.ContainsKey("Idempotency-Key").ShouldBeFalse();
        Uri.UnescapeDataString(received[2].Target).ShouldBe("/v1/customers/cus_1?expand[0]=subscriptions");
    }

    [Theory]
    [InlineData(500, null, 3)]
    [InlineData(503, null, 3)]
    [InlineData(409, null, 3)]
    [InlineData(429, null, 1)]
    [InlineData(400, null, 1)]
    [InlineData(402, null, 1)]
    [InlineData(500, "false", 1)]
    [InlineData(409, "false", 1)]
    [InlineData(429, "true", 3)]
    [InlineData(400, "true", 3)]
    public async Task Stripe_says_whether_to_try_again_and_else_the_status_does(int status, string? should, int requests)
    {
        (string, string)[] headers = should is null ? [] : [("Stripe-Should-Retry", should)];
        var answer = StripeStub.Json("""{"error":{"type":"api_error"}}""", status, headers);
        await using var stripe = await StripeStub.StartAsync(answer, answer, answer, answer);

        var error = await Should.ThrowAsync<StripeException>(() => new CustomerService(stripe.Client).CreateAsync(Create));
        error.HttpStatusCode.ShouldBe((HttpStatusCode)status);
        stripe.Received.Count.ShouldBe(requests);
        stripe.Received.Select(r => r.Headers["Idempotency-Key"].ToString()).Distinct().Count().ShouldBe(1);
        stripe.Received.Select(r => r.Body).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_cut_connection_is_tried_again_with_the_same_key()
    {
        await using var stripe = await StripeStub.StartAsync(StripeStub.Reset, StripeStub.Reset, StripeStub.Json(Customer));
        (await new CustomerService(stripe.Client).CreateAsync(Create)).Id.ShouldBe("cus_1");
        stripe.Received.Select(r => r.Headers["Idempotency-Key"].ToString()).Distinct().Count().ShouldBe(1);
        stripe.Received.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Two_requests_have_two_keys()
    {
        await using var stripe = await StripeStub.StartAsync(StripeStub.Json(Customer), StripeStub.Json(Customer));
        await new CustomerService(stripe.Client).CreateAsync(Create);
        await new CustomerService(stripe.Client).CreateAsync(Create);
        stripe.Received.Select(r => r.Headers["Idempotency-Key"].ToString()).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task No_answer_at_all_is_one_error()
    {
        await using var stripe = await StripeStub.StartAsync(StripeStub.Reset, StripeStub.Reset, StripeStub.Reset);
        var error = await Should.ThrowAsync<StripeException>(() => new CustomerService(stripe.Client).GetAsync("cus_1"));
        error.HttpStatusCode.ShouldBe(default);
        error.IsTransient.ShouldBeTrue();
        error.Message.ShouldStartWith("GET /v1/customers/cus_1: Stripe could not be reached");
    }

    [Fact]
    public async Task An_error_of_Stripes_is_typed()
    {
        await using var stripe = await StripeStub.StartAsync(StripeStub.Json(
            """{"error":{"type":"card_error","code":"card_declined","decline_code":"no_funds","message":"Your card was declined.","param":"source"}}""",
            402, ("Request-Id", "req_1")));
        var error = await Should.ThrowAsync<StripeException>(() => new CustomerService(stripe.Client).CreateAsync(Create));
        error.HttpStatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        error.IsTransient.ShouldBeFalse();
        var said = error.StripeError;
        (said.Type, said.Code, said.DeclineCode, said.Message, said.Param)
            .ShouldBe(("card_error", "card_declined", "no_funds", "Your card was declined.", "source"));
        error.Message.ShouldBe("POST /v1/customers: 402: Your card was declined.");
    }

    [Theory]
    [InlineData(""" "payment_intent":{"id":"pi_1","object":"payment_intent","created":99999999999999999999,"amount":"x"} """)]
    [InlineData(""" "payment_intent":{"id":"pi_1","object":"payment_intent","latest_charge":[]},"source":{"object":"card","exp_month":"x"} """)]
    [InlineData(""" "payment_intent":{"id":"pi_1"},"charge":{"id":5},"doc_url":[],"setup_intent":{"object":"setup_intent","created":{} } """)]
    [InlineData(""" "payment_intent":{"id":"pi_1","amount":1e400},"network_decline_code":{},"payment_method":{"object":"payment_method","card":[]} """)]
    public async Task A_decline_is_one_whatever_else_it_carries(string others)
    {
        await using var stripe = await StripeStub.StartAsync(StripeStub.Json(
            $$"""{"error":{"type":"card_error","code":"authentication_required","decline_code":"authentication_required","message":"No.",{{others}}} }""", 402));
        var error = await Should.ThrowAsync<StripeException>(() => new PaymentIntentService(stripe.Client).CreateAsync(new PaymentIntentCreateOptions()));
        (error.IsCardError, error.IsTransient, error.StripeError.Code, error.StripeError.PaymentIntent.Id)
            .ShouldBe((true, false, "authentication_required", "pi_1"));
    }

    [Fact]
    public async Task Too_many_requests_say_how_long_to_wait()
    {
        await using var stripe = await StripeStub.StartAsync(
            StripeStub.Json("""{"error":{"type":"invalid_request_error"}}""", 429, ("Retry-After", "7")));
        var error = await Should.ThrowAsync<StripeException>(() => new CustomerService(stripe.Client).GetAsync("cus_1"));
        (error.IsTransient, error.RetryAfter).ShouldBe((true, TimeSpan.FromSeconds(7)));
    }

    [Theory]
    [InlineData(502, "<html>Bad Gateway</html>")]
    [InlineData(404, "")]
    [InlineData(400, """{"error":"teapot"}""")]
    [InlineData(302, "<html>moved</html>")]
    public async Task A_proxys_page_is_no_error_of_Stripes(int status, string body)
    {
        var answer = StripeStub.Text(body, "text/html", status);
        await using var stripe = await StripeStub.StartAsync(answer, answer, answer);
        var error = await Should.ThrowAsync<StripeException>(() => new CustomerService(stripe.Client).GetAsync("cus_1"));
        error.HttpStatusCode.ShouldBe((HttpStatusCode)status);
        error.StripeError.ShouldBeNull();
        error.IsTransient.ShouldBeTrue("it is none of Stripe's answers");
        error.IsNotFound.ShouldBeFalse();
        error.Message.ShouldBe($"GET /v1/customers/cus_1: {status}: the body is no error of Stripe's: something between us and Stripe answered.");
    }

    [Theory]
    [InlineData("<html>OK</html>")]
    [InlineData("""{"id":"cus_1" """)]
    [InlineData("""{"object":"customer"}""")]
    [InlineData("""{"id":"cus_1","created":"yesterday"}""")]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"id":null,"object":"customer"}""")]
    [InlineData("""{"id":"cus_1","object":"customer","email":5}""")]
    [InlineData("""{"id":"cus_1","object":"customer","email":"canary@example.com","email":"b@example.com"}""")]
    [InlineData("""{"id":"cus_1","object":"customer","email":"canary@example.com","address":5}""")]
    [InlineData("""{"id":"cus_2","object":"customer"}""")] // somebody else
    [InlineData("""{"id":"cus_1","object":"subscription","status":"active","customer":"cus_1","created":1,"livemode":false,"items":{"data":[]}}""")]
    public async Task A_success_that_cannot_be_read_says_so(string body)
    {
        await using var stripe = await StripeStub.StartAsync(StripeStub.Json(body));
        var error = await Should.ThrowAsync<StripeException>(() => new CustomerService(stripe.Client).GetAsync("cus_1"));
        error.Message.ShouldStartWith("GET /v1/customers/cus_1: the answer cannot be understood.");
        (error.IsTransient, error.IsNotFound).ShouldBe((true, false));
        $"{error}".ShouldNotContain("canary", customMessage: "a body is told to nobody");
    }

    [Theory]
    [InlineData("""{"object":"list","has_more":false}""")]
    [InlineData("""{"object":"list","data":{},"has_more":false}""")]
    [InlineData("""{"object":"list","data":[{}],"has_more":false}""")]
    [InlineData("""{"object":"list","data":[{"id":"sub_1","object":"subscription","status":"active"}],"has_more":false}""")]
    [InlineData("""{"id":"sub_1","object":"subscription"}""")]
    public async Task A_page_that_cannot_be_read_is_not_an_empty_one(string body)
    {
        await using var stripe = await StripeStub.StartAsync(StripeStub.Json(body));
        var error = await Should.ThrowAsync<StripeException>(() => new SubscriptionService(stripe.Client).ListAsync());
        error.Message.ShouldStartWith("GET /v1/subscriptions: the answer cannot be understood.");
        error.IsTransient.ShouldBeTrue();
    }

    [Fact]
    public void The_version_is_the_one_whose_shapes_the_library_knows() => GuardedStripeClient.Version.ShouldBe(StripeConfiguration.ApiVersion);

    [Fact]
    public async Task The_key_is_shown_nowhere()
    {
        await using var stripe = await StripeStub.StartAsync(
            StripeStub.Json($$"""{"error":{"message":"Invalid API Key provided: {{StripeStub.Key}}"} }""", 401));
        var error = await Should.ThrowAsync<StripeException>(() => new CustomerService(stripe.Client).GetAsync("cus_1"));
        $"{error} {error.StripeError} {error.StripeResponse} {error.StripeResponse?.Content} {JsonSerializer.Serialize((object)stripe.Client)}".ShouldNotContain(StripeStub.Key);

        using var http = new HttpClient(new SocketsHttpHandler());
        foreach (var bad in new[] { "", " ", "sk_canary\n", "sk_canary ß" })
        {
            Should.Throw<ArgumentException>(() => new GuardedStripeClient(http, bad)).Message.ShouldNotContain("canary");
        }
    }

    [Fact]
    public async Task The_callers_cancellation_is_no_timeout()
    {
        using var source = new CancellationTokenSource();
        await using var stripe = await StripeStub.StartAsync(async context =>
        {
            await source.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await Should.ThrowAsync<OperationCanceledException>(() => new CustomerService(stripe.Client).GetAsync("cus_1", cancellationToken: source.Token));
        stripe.Received.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    public async Task What_is_no_id_names_no_object(string id)
    {
        await using var stripe = await StripeStub.StartAsync();
        (await Should.ThrowAsync<StripeException>(() => new SessionService(stripe.Client).GetAsync(id))).IsNotFound.ShouldBeTrue();
        (await Should.ThrowAsync<StripeException>(() => new SubscriptionScheduleService(stripe.Client).ReleaseAsync(id))).IsNotFound.ShouldBeTrue();
        stripe.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_id_cannot_name_another_path()
    {
        await using var stripe = await StripeStub.StartAsync(StripeStub.Json("""{"error":{"code":"resource_missing"}}""", 404));
        (await Should.ThrowAsync<StripeException>(() => new SessionService(stripe.Client).GetAsync("../../customers/cus_1?x=#"))).IsNotFound.ShouldBeTrue();
        stripe.Received.Single().Target.ShouldStartWith("/v1/checkout/sessions/..%2F");
    }
}
