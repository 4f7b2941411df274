using System.Net;
using System.Text;

namespace BillingMonolith.Journeys.Edge;

/// <summary>Who sends what is not authentic is refused after some, before its signature is looked at; who does not, never is.</summary>
[Collection(nameof(EdgeHost))]
public sealed class LimitTests(EdgeHost edge)
{
    [Fact]
    public async Task An_address_with_too_many_bad_signatures_is_told_to_wait_and_others_are_not()
    {
        var (attacker, stripe) = (EdgeHost.NewAddress(), EdgeHost.NewAddress());
        for (var i = 0; i < EdgeHost.Limit; i++) await BadAsync(attacker, HttpStatusCode.BadRequest, "invalid-signature");
        using var limited = await EdgeHost.BadAsync(edge.Behind, attacker);
        await EdgeHost.ShouldBeProblemAsync(limited, HttpStatusCode.TooManyRequests, "rate-limited");
        limited.Headers.RetryAfter.ShouldNotBeNull().Delta.ShouldNotBeNull().TotalSeconds.ShouldBeInRange(1, 60);

        using var sameAddress = await edge.GoodAsync(edge.Behind, attacker);
        await EdgeHost.ShouldBeProblemAsync(sameAddress, HttpStatusCode.TooManyRequests, "rate-limited"); // the signature is not looked at
        using var other = await edge.GoodAsync(edge.Behind, stripe);
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Authentic_events_never_use_up_the_limit_one_by_one_or_at_once()
    {
        var stripe = EdgeHost.NewAddress();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8 * EdgeHost.Limit).Select(_ => edge.GoodAsync(edge.Behind, stripe)));
        answers.ShouldAllBe(a => a.StatusCode == HttpStatusCode.OK);
        for (var i = 0; i < EdgeHost.Limit; i++) await BadAsync(stripe, HttpStatusCode.BadRequest, "invalid-signature");
        await BadAsync(stripe, HttpStatusCode.TooManyRequests, "rate-limited");
    }

    [Fact]
    public async Task Whatever_is_refused_for_what_it_is_counts()
    {
        var attacker = EdgeHost.NewAddress();
        (byte[] Body, string? Encoding, int Status)[] refused = [([], null, 400), (new byte[600_000], null, 413), ("{}"u8.ToArray(), "gzip", 415), ("{}"u8.ToArray(), null, 400)];
        for (var i = 0; i < EdgeHost.Limit; i++)
        {
            var (body, encoding, status) = refused[i % refused.Length];
            var request = EdgeHost.Webhook(body, "t=1,v1=00");
            if (encoding is not null) request.Content!.Headers.ContentEncoding.Add(encoding);
            using var answer = await EdgeHost.SendAsync(edge.Behind, request, attacker);
            ((int)answer.StatusCode).ShouldBe(status);
        }

        await BadAsync(attacker, HttpStatusCode.TooManyRequests, "rate-limited");
    }

    [Fact]
    public async Task A_limited_address_is_refused_before_its_body_is_read()
    {
        var attacker = EdgeHost.NewAddress();
        for (var i = 0; i < EdgeHost.Limit; i++) await BadAsync(attacker, HttpStatusCode.BadRequest, "invalid-signature");
        using var connection = new System.Net.Sockets.TcpClient();
        await connection.ConnectAsync("127.0.0.1", new Uri(edge.Behind.Url).Port, TestContext.Current.CancellationToken);
        await connection.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes($"POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {attacker}\r\nContent-Length: 1000\r\n\r\n"),
            TestContext.Current.CancellationToken);
        using var reader = new StreamReader(connection.GetStream());
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("HTTP/1.1 429 Too Many Requests");
    }

    [Fact]
    public async Task Who_is_no_proxy_of_ours_cannot_choose_an_address()
    {
        const string attacker = "127.0.0.66";
        for (var i = 0; i < EdgeHost.Limit; i++)
        {
            using var refused = await EdgeHost.BadAsync(edge.Alone, EdgeHost.NewAddress(), attacker);
            await EdgeHost.ShouldBeProblemAsync(refused, HttpStatusCode.BadRequest, "invalid-signature");
        }

        using var limited = await EdgeHost.BadAsync(edge.Alone, EdgeHost.NewAddress(), attacker);
        await EdgeHost.ShouldBeProblemAsync(limited, HttpStatusCode.TooManyRequests, "rate-limited");
        using var blamed = await edge.GoodAsync(edge.Alone, attacker);
        blamed.StatusCode.ShouldBe(HttpStatusCode.OK, "nor blame another");
    }

    [Fact]
    public async Task A_client_of_our_proxy_cannot_choose_one_either()
    {
        var attacker = EdgeHost.NewAddress();
        for (var i = 0; i < EdgeHost.Limit; i++) await BadAsync($"{EdgeHost.NewAddress()}, {attacker}", HttpStatusCode.BadRequest, "invalid-signature");
        await BadAsync($"{EdgeHost.NewAddress()}, {attacker}", HttpStatusCode.TooManyRequests, "rate-limited");
    }

    private async Task BadAsync(string forwarded, HttpStatusCode status, string error)
    {
        using var answer = await EdgeHost.BadAsync(edge.Behind, forwarded);
        await EdgeHost.ShouldBeProblemAsync(answer, status, error);
    }
}
