using System.Text;

namespace BillingMonolith.Journeys.Intake;

/// <summary>The signature is the only authentication: what is not signed is refused in the same words, and leaves no trace in the store.</summary>
[Collection(nameof(IntakeHost))]
public sealed class SignatureTests(IntakeHost host)
{
    private static readonly string Hex = new('a', 64);

    private static readonly Dictionary<string, Func<byte[], string, string?>> Forgeries = new()
    {
        ["missing"] = (_, _) => null,
        ["empty"] = (_, _) => "",
        ["garbage"] = (_, _) => "garbage",
        ["no t"] = (body, secret) => Sign(body, secret).Split(',')[1],
        ["no v1"] = (body, secret) => Sign(body, secret).Split(',')[0],
        ["v0 only"] = (body, secret) => Sign(body, secret).Replace("v1=", "v0=", StringComparison.Ordinal),
        ["too short"] = (body, secret) => Sign(body, secret)[..^1],
        ["too long"] = (body, secret) => Sign(body, secret) + "0",
        ["not hex"] = (body, secret) => Sign(body, secret)[..^2] + "zz",
        ["upper case"] = (body, secret) => Sign(body, secret).Split(',') is [var t, var v] ? $"{t},v1={v[3..].ToUpperInvariant()}" : null,
        ["two t"] = (body, secret) => Sign(body, secret) + ",t=1",
        ["t not a number"] = (body, secret) => "t=now," + Sign(body, secret).Split(',')[1],
        ["another body: one space more"] = (body, secret) => Sign([.. body, (byte)' '], secret),
        ["another secret"] = (body, _) => Sign(body, "whsec_of_somebody_else"),
        ["no secret"] = (body, _) => Sign(body, ""),
        ["too old"] = (body, secret) => IntakeHost.Signature(body, secret, TimeSpan.FromSeconds(303)),
        ["from the future"] = (body, secret) => IntakeHost.Signature(body, secret, TimeSpan.FromSeconds(-303)),
        ["10 KB of wrong ones"] = (_, _) => $"t={TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}" + string.Concat(Enumerable.Repeat($",v1={Hex}", 150)),
    };

    private static readonly Dictionary<string, Func<byte[], string, string>> Genuine = new()
    {
        ["of the endpoint"] = Sign,
        ["of the credits endpoint"] = (body, _) => Sign(body, IntakeHost.CreditsSecret),
        ["of the next rotation"] = (body, _) => Sign(body, IntakeHost.RotatedSecret),
        ["the second of two"] = (body, secret) => Sign(body, secret).Replace(",v1=", $",v1={Hex},v1=", StringComparison.Ordinal),
        ["with a v0 beside it"] = (body, secret) => Sign(body, secret) + $",v0={Hex}",
        ["nearly too old"] = (body, secret) => IntakeHost.Signature(body, secret, TimeSpan.FromSeconds(290)),
        ["from a clock that is ahead"] = (body, secret) => IntakeHost.Signature(body, secret, TimeSpan.FromSeconds(-297)),
        ["after 10 KB of wrong ones"] = (body, secret) =>
            Sign(body, secret).Replace(",v1=", string.Concat(Enumerable.Repeat($",v1={Hex}", 150)) + ",v1=", StringComparison.Ordinal),
    };

    public static TheoryData<string> AllForgeries => [.. Forgeries.Keys];

    public static TheoryData<string> AllGenuine => [.. Genuine.Keys];

    [Theory]
    [MemberData(nameof(AllForgeries))]
    public async Task A_forgery_is_refused_and_not_stored(string forgery)
    {
        var (id, body) = IntakeHost.NewEvent();
        var answer = await host.SendAsync(HttpMethod.Post, "/webhooks/stripe", new ByteArrayContent(body), Forgeries[forgery](body, host.Secret));
        answer.ShouldBeProblem(400, "invalid-signature", "Invalid signature");
        (await host.Journey.CountAsync("inbox_events WHERE id = @id", new { id })).ShouldBe(0, "R2: what is not authentic is never stored");
    }

    [Theory]
    [MemberData(nameof(AllGenuine))]
    public async Task A_genuine_signature_is_taken(string genuine)
    {
        var (id, body) = IntakeHost.NewEvent();
        var answer = await host.SendAsync(HttpMethod.Post, "/webhooks/stripe", new ByteArrayContent(body), Genuine[genuine](body, host.Secret));
        answer.ShouldAcknowledge(id, "success");
        await host.ShouldBeStoredAsync(id, body);
    }

    [Fact]
    public async Task Two_signature_headers_say_two_things_and_are_refused()
    {
        var (_, body) = IntakeHost.NewEvent();
        var twice = await host.PostAsync(body, change: r => r.Headers.TryAddWithoutValidation("Stripe-Signature", Sign(body, "whsec_of_somebody_else")));
        twice.ShouldBeProblem(400, "invalid-signature");
    }

    [Fact]
    public async Task A_replaced_body_under_a_true_signature_is_refused()
    {
        var (id, body) = IntakeHost.NewEvent();
        var changed = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body).Replace("\"livemode\":", "\"livemode\": ", StringComparison.Ordinal));
        (await host.SendAsync(HttpMethod.Post, "/webhooks/stripe", new ByteArrayContent(changed), Sign(body, host.Secret))).ShouldBeProblem(400, "invalid-signature");
        (await host.PostAsync(body)).ShouldAcknowledge(id, "success");
    }

    private static string Sign(byte[] body, string secret) => IntakeHost.Signature(body, secret);
}
