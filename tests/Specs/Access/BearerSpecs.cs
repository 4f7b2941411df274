using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace BillingMonolith.Specs.Access;

/// <summary>The scheme over HTTP: what comes in the Authorization header, and what is answered.</summary>
public sealed class BearerSpecs(RealmFixture fixture) : IClassFixture<RealmFixture>
{
    private const string Malformed = "Bearer error=\"invalid_token\", error_description=\"The token is not a signed JWT.\"";

    private TestToken Good => TestToken.Access(fixture.Realm.Now);

    [Theory]
    [InlineData("Bearer ")]
    [InlineData("bearer ")]
    [InlineData("BEARER ")]
    [InlineData("Bearer   ")] // RFC 9110: at least one space
    public async Task A_good_token_lets_in(string scheme)
    {
        using var answer = await fixture.Realm.GetAsync(scheme + Good.Encode());
        (await answer.Content.ReadAsStringAsync()).ShouldBe("7c9e6679-7425-40de-944b-e07fc1f90ae7");
        ((int)answer.StatusCode).ShouldBe(200);
    }

    [Theory]
    [InlineData(null, "Bearer")]
    [InlineData("Basic YTpi", "Bearer")]
    [InlineData("Bearerish a", "Bearer")]
    [InlineData("token", "Bearer")]
    [InlineData("Bearer", Malformed)]
    [InlineData("Bearer a b", Malformed)]
    [InlineData("Bearer a.b.c", Malformed)]
    [InlineData("Bearer null", Malformed)]
    public async Task What_is_no_token_is_answered_with_401_and_a_problem(string? authorization, string challenge)
    {
        using var answer = await fixture.Realm.GetAsync(authorization);
        await ShouldBeRefusedAsync(answer, 401, challenge, "not-authenticated", "Not authenticated");
    }

    [Fact]
    public async Task A_bad_token_is_answered_with_its_fault_and_with_nothing_of_itself()
    {
        using var answer = await fixture.Realm.GetAsync(Good.With("exp", 1));
        await ShouldBeRefusedAsync(answer, 401, "Bearer error=\"invalid_token\", error_description=\"The token has expired.\"",
            "not-authenticated", "Not authenticated");
    }

    [Fact]
    public async Task Two_Authorization_headers_are_refused_though_both_are_good()
    {
        var header = $"Authorization: Bearer {Good.Encode()}\r\n";
        (await SendAsync(header)).ShouldStartWith("HTTP/1.1 200 ");
        var answer = await SendAsync(header + header);
        answer.ShouldStartWith("HTTP/1.1 401 ");
        answer.ShouldContain("The request has more than one Authorization header.");
    }

    [Fact]
    public async Task A_realm_role_opens_what_asks_for_it()
    {
        using var answer = await fixture.Realm.GetAsync(Good, "/admin");
        ((int)answer.StatusCode).ShouldBe(200);
    }

    [Theory]
    [InlineData("realm_access", """{"roles":["owners","Owner"]}""")]
    [InlineData("resource_access", """{"account":{"roles":["owner"]}}""")]
    [InlineData("role", "\"owner\"")]
    [InlineData("realm_access", """{"roles":{"owner":"owner"}}""")]
    [InlineData("realm_access", "\"owner\"")]
    public async Task Who_lacks_the_realm_role_is_answered_with_403(string claim, string value)
    {
        using var answer = await fixture.Realm.GetAsync(Good.With(claim, JsonNode.Parse(value)), "/owner");
        await ShouldBeRefusedAsync(answer, 403, "Bearer error=\"insufficient_scope\"", "forbidden", "Not allowed");
    }

    [Fact]
    public async Task While_the_keys_are_out_of_reach_nobody_is_told_that_he_is_not_authenticated()
    {
        await using var realm = await Realm.StartAsync();
        realm.Status = 500;
        using var answer = await realm.GetAsync(TestToken.Access(realm.Now));
        ((int)answer.StatusCode).ShouldBe(503);
        answer.Headers.RetryAfter!.Delta.ShouldBe(Realm.Distance);
    }

    private static async Task ShouldBeRefusedAsync(HttpResponseMessage answer, int status, string challenge, string error, string detail)
    {
        ((int)answer.StatusCode).ShouldBe(status);
        answer.Headers.WwwAuthenticate.ToString().ShouldBe(challenge);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        ((string)problem["error"]!, (string)problem["detail"]!, (int)problem["status"]!).ShouldBe((error, detail, status));
    }

    // HttpClient would join the headers into one.
    private async Task<string> SendAsync(string headers)
    {
        var address = new Uri(fixture.Realm.Url);
        using var connection = new TcpClient(address.Host, address.Port);
        await using var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /me HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: close\r\n{headers}\r\n"));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
