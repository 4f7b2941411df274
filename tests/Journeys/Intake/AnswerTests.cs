namespace BillingMonolith.Journeys.Intake;

/// <summary>What the addresses answer, field by field: senders and operators of five older systems read these.</summary>
[Collection(nameof(IntakeHost))]
public sealed class AnswerTests(IntakeHost host)
{
    [Theory]
    [InlineData("/webhooks/stripe")]
    [InlineData("/api/v1/billing/webhooks/stripe/checkout")]
    [InlineData("/api/v1/billing/credits/webhook")]
    [InlineData("/order/stripe-webhook")]
    [InlineData("/api/webhooks/stripe/checkout-completed")]
    public async Task Every_address_that_an_endpoint_may_be_configured_for_stores(string path)
    {
        var (id, body) = IntakeHost.NewEvent();
        (await host.PostAsync(body, path)).ShouldAcknowledge(id, "success");
        await host.ShouldBeStoredAsync(id, body);
    }

    [Fact]
    public async Task The_health_page_of_the_old_webhook_is_as_it_was()
    {
        var answer = await host.SendAsync(HttpMethod.Get, "/api/webhooks/stripe/health");
        answer.Status.ShouldBe(200);
        answer.Body.ShouldBe("""{"ok":true,"service":"stripe_checkout_webhook","endpoint":"/webhooks/stripe"}""");
    }

    [Fact]
    public async Task A_repeat_is_acknowledged_as_one_whichever_address_it_comes_to()
    {
        var (id, body) = IntakeHost.NewEvent();
        (await host.PostAsync(body)).ShouldAcknowledge(id, "success");
        (await host.PostAsync(body)).ShouldAcknowledge(id, "already_processed");
        (await host.PostAsync(body, "/order/stripe-webhook")).ShouldAcknowledge(id, "already_processed");
    }

    [Fact]
    public async Task A_hundred_repeats_at_once_are_one_new_event()
    {
        var (id, body) = IntakeHost.NewEvent();
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => host.PostAsync(body)));
        answers.Count(a => a.Body.Contains("\"success\"", StringComparison.Ordinal)).ShouldBe(1);
        answers.Count(a => a.Body.Contains("\"already_processed\"", StringComparison.Ordinal)).ShouldBe(99);
        (await host.Journey.CountAsync("inbox_steps WHERE event_id = @id", new { id })).ShouldBe(1, "one route step");
    }

    [Fact]
    public async Task An_event_without_a_route_is_stored_and_ignored()
    {
        var (id, body) = IntakeHost.NewEvent("product.updated");
        (await host.PostAsync(body)).ShouldAcknowledge(id, "ignored");
        await host.ShouldBeStoredAsync(id, body);
        (await host.Journey.CountAsync("inbox_steps WHERE event_id = @id", new { id })).ShouldBe(0);
        (await host.PostAsync(body)).ShouldAcknowledge(id, "already_processed");
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("not json at all")]
    [InlineData("""{"object":"event","type":"checkout.session.completed"}""")]
    [InlineData("""{"id":"evt_1","id":"evt_2","object":"event","type":"checkout.session.completed","created":1766167913}""")]
    public async Task An_authentic_body_that_nobody_can_name_is_kept_for_an_operator(string text)
    {
        var body = System.Text.Encoding.UTF8.GetBytes(text);
        var id = $"body_{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(body))}";
        (await host.PostAsync(body)).ShouldAcknowledge(id, "success");
        await host.ShouldBeStoredAsync(id, body);
        (await host.PostAsync(body)).ShouldAcknowledge(id, "already_processed");
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task Only_POST_delivers(string method)
    {
        var answer = await host.SendAsync(new HttpMethod(method), "/webhooks/stripe");
        answer.Status.ShouldBe(405);
        answer.Allow.ShouldBe("POST");
        answer.Type.ShouldBe("application/problem+json");
    }

    [Fact]
    public async Task HEAD_is_answered_without_a_body()
    {
        var answer = await host.SendAsync(HttpMethod.Head, "/webhooks/stripe");
        answer.Status.ShouldBe(405);
        answer.Body.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/webhooks")]
    [InlineData("/webhooks/stripe/more")]
    [InlineData("/webhooks/../etc/passwd")]
    public async Task An_unknown_path_is_a_404_problem(string path)
    {
        var (_, body) = IntakeHost.NewEvent();
        var answer = await host.PostAsync(body, path);
        answer.Status.ShouldBe(404);
        answer.Type.ShouldBe("application/problem+json");
    }
}
