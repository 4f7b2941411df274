namespace BillingMonolith.Journeys.Intake;

/// <summary>A sender that goes away in the middle stores nothing and is no error of ours.</summary>
[Collection(nameof(IntakeHost))]
public sealed class AbortedRequestTests(IntakeHost host)
{
    [Fact]
    public async Task A_request_that_is_cut_half_way_stores_nothing()
    {
        var before = await host.StoredAsync();
        var (id, body) = IntakeHost.NewEvent(size: 4000);
        using (var connection = await host.ConnectAsync())
        {
            await connection.WriteAsync(Head(body, $"Content-Length: {body.Length}"));
            await connection.WriteAsync(body[..2000]);
            connection.Reset();
        }

        // The whole event is welcome afterwards: nothing of the half one stands in its way.
        (await host.PostAsync(body)).ShouldAcknowledge(id, "success");
        (await host.StoredAsync()).ShouldBe(before + 1);
    }

    [Fact]
    public async Task A_chunked_body_that_is_no_chunked_body_is_an_invalid_payload()
    {
        using var connection = await host.ConnectAsync();
        await connection.WriteAsync(Head([], "Transfer-Encoding: chunked\r\nConnection: close"));
        await connection.WriteChunkAsync(new byte[10]);
        await connection.WriteAsync("zz\r\n");
        var answer = await connection.AnswerAsync();
        answer.Status.ShouldBe(400);
        answer.Body.ShouldContain("invalid-payload");
    }

    [Fact]
    public async Task A_sender_that_ends_before_its_announced_length_stores_nothing()
    {
        var before = await host.StoredAsync();
        using var connection = await host.ConnectAsync();
        await connection.WriteAsync(Head("{}"u8.ToArray(), "Content-Length: 100"));
        await connection.WriteAsync("{}");
        connection.EndWriting();
        await connection.ReadAllAsync();
        (await host.StoredAsync()).ShouldBe(before);
    }

    private string Head(byte[] body, string more) =>
        $"POST /webhooks/stripe HTTP/1.1\r\nHost: localhost\r\nStripe-Signature: {IntakeHost.Signature(body, host.Secret)}\r\n{more}\r\n\r\n";
}
