using System.Net;
using System.Text;

namespace BillingMonolith.Journeys.Intake;

/// <summary>Bodies: stored as the bytes that were signed, and never more of them than 512 KiB.</summary>
[Collection(nameof(IntakeHost))]
public sealed class BodyTests(IntakeHost host)
{
    private const int Limit = 512 * 1024;

    [Theory]
    [InlineData("Zoë Ångström – 東京 🦄")]
    [InlineData("escaped \\u0000 and \\ud83d\\ude00")]
    [InlineData("\" , \"odd\" \t:\r\n\r\n [ 1.0 , 1e0 ]  , \"s\" : \"")]
    public async Task What_was_signed_is_stored_byte_by_byte(string text)
    {
        var (id, body) = IntakeHost.NewEvent(text: text);
        (await host.PostAsync(body)).ShouldAcknowledge(id, "success");
        await host.ShouldBeStoredAsync(id, body);
    }

    [Fact]
    public async Task Nothing_is_an_invalid_payload()
    {
        (await host.PostAsync([])).ShouldBeProblem(400, "invalid-payload", "Invalid payload");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Exactly_512_KiB_are_taken_and_one_byte_more_is_not(bool chunked)
    {
        var (id, largest) = IntakeHost.NewEvent(size: Limit);
        largest.Length.ShouldBe(Limit);
        (await host.PostAsync(largest, change: r => r.Headers.TransferEncodingChunked = chunked)).ShouldAcknowledge(id, "success");
        await host.ShouldBeStoredAsync(id, largest);

        var (refused, larger) = IntakeHost.NewEvent(size: Limit + 1);
        (await host.PostAsync(larger, change: r => r.Headers.TransferEncodingChunked = chunked)).ShouldBeProblem(413, "payload-too-large");
        (await host.Journey.CountAsync("inbox_events WHERE id = @refused", new { refused })).ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ten_megabytes_get_their_answer_and_the_connection_ends_in_order(bool chunked)
    {
        var answer = await host.PostAsync(new byte[10_000_000], change: r => r.Headers.TransferEncodingChunked = chunked);
        answer.ShouldBeProblem(413, "payload-too-large");
        var (id, body) = IntakeHost.NewEvent();
        (await host.PostAsync(body)).ShouldAcknowledge(id, "success");
    }

    [Fact]
    public async Task A_body_without_an_end_is_answered_as_soon_as_it_is_too_large()
    {
        using var connection = await host.ConnectAsync();
        await connection.WriteAsync("POST /webhooks/stripe HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (var sent = 0; sent <= Limit; sent += 64_000) await connection.WriteChunkAsync(new byte[64_000]);
        (await connection.ReadLineAsync()).ShouldBe("HTTP/1.1 413 Payload Too Large");
    }

    [Fact]
    public async Task A_compressed_body_is_refused_since_the_signature_is_over_raw_bytes()
    {
        var (_, body) = IntakeHost.NewEvent();
        (await host.PostAsync(body, change: r => r.Content!.Headers.ContentEncoding.Add("gzip"))).ShouldBeProblem(415, "unsupported-encoding");
    }

    [Fact]
    public async Task A_content_type_is_not_asked_for()
    {
        var (id, body) = IntakeHost.NewEvent();
        (await host.PostAsync(body, change: r => r.Content!.Headers.ContentType = new("text/plain"))).ShouldAcknowledge(id, "success");
    }

    [Fact]
    public async Task A_sender_that_asks_first_is_invited_and_one_with_too_much_is_not()
    {
        var (id, body) = IntakeHost.NewEvent();
        using (var connection = await host.ConnectAsync())
        {
            await connection.WriteAsync(Head(body, $"Content-Length: {body.Length}\r\nExpect: 100-continue\r\nConnection: close"));
            (await connection.ReadLineAsync()).ShouldBe("HTTP/1.1 100 Continue");
            (await connection.ReadLineAsync()).ShouldBe("");
            await connection.WriteAsync(body);
            var answer = await connection.AnswerAsync();
            answer.Status.ShouldBe(200);
            answer.Body.ShouldContain(id);
        }

        using var refused = await host.ConnectAsync();
        await refused.WriteAsync(Head([], "Content-Length: 10000000\r\nExpect: 100-continue"));
        (await refused.ReadLineAsync()).ShouldBe("HTTP/1.1 413 Payload Too Large");
    }

    [Theory]
    [InlineData("HTTP/1.0", "")]
    [InlineData("HTTP/1.1", "\r\nConnection: close")]
    public async Task A_POST_without_a_length_has_no_body(string version, string more)
    {
        using var connection = await host.ConnectAsync();
        await connection.WriteAsync($"POST /webhooks/stripe {version}\r\nHost: localhost{more}\r\n\r\n");
        (await connection.AnswerAsync()).Status.ShouldBeOneOf((int)HttpStatusCode.BadRequest, (int)HttpStatusCode.LengthRequired);
    }

    [Fact]
    public async Task An_HTTP_1_0_sender_is_served()
    {
        var (id, body) = IntakeHost.NewEvent();
        using var connection = await host.ConnectAsync();
        await connection.WriteAsync(Head(body, $"Content-Length: {body.Length}").Replace("HTTP/1.1", "HTTP/1.0", StringComparison.Ordinal) + Encoding.UTF8.GetString(body));
        (await connection.AnswerAsync()).Body.ShouldContain(id);
    }

    private string Head(byte[] body, string more) =>
        $"POST /webhooks/stripe HTTP/1.1\r\nHost: localhost\r\nStripe-Signature: {IntakeHost.Signature(body, host.Secret)}\r\n{more}\r\n\r\n";
}
