using System.Text.Json.Nodes;
using BillingMonolith.Host.Callers;

namespace BillingMonolith.Specs.Access;

/// <summary>What an access token must say. Each refusal is checked for its reason, so that a case cannot be red for another one's fault.</summary>
public sealed class AccessTokenSpecs(RealmFixture fixture) : IClassFixture<RealmFixture>
{
    private const string Expired = "The token has expired.";
    private const string Early = "The token is not valid yet (nbf).";
    private const string Future = "The token was issued in the future (iat).";
    private const string Issuer = "The token is another issuer's.";
    private const string Audience = "The token is for another audience.";
    private const string Kind = "The token is of another kind.";
    private const string Nobody = "The token names nobody (sub).";

    private static readonly Dictionary<string, Func<TestToken, long, TestToken>> Good = new()
    {
        ["as Keycloak makes it"] = (t, _) => t,
        ["signed with PS256"] = (t, _) => t.By("PS256", "ps", TestKeys.Ps256),
        ["signed with ES256"] = (t, _) => t.By("ES256", "es", TestKeys.Es256),
        ["key without use"] = (t, _) => t.Header("kid", "no-use"),
        ["expired 29 s ago"] = (t, now) => t.With("exp", now - 29),
        ["expired 29.9 s ago"] = (t, now) => t.With("exp", now - 29.9),
        ["nbf in 29 s"] = (t, now) => t.With("nbf", now + 29),
        ["iat in 29 s"] = (t, now) => t.With("iat", now + 29),
        ["no iat"] = (t, _) => t.Without("iat"),
        ["exp with a fraction"] = (t, now) => t.With("exp", now + 0.5),
        ["aud string"] = (t, _) => t.With("aud", "billing-api"),
        ["typ at+jwt"] = (t, _) => t.Header("typ", "at+jwt"),
        ["no header typ"] = (t, _) => t.WithoutHeader("typ"),
        ["a service, without sid"] = (t, _) => t.Without("sid").With("client_id", "shop"),
        ["x5t in the header"] = (t, _) => t.Header("x5t", "abc"),
    };

    private static readonly Dictionary<string, (Func<TestToken, long, TestToken> Make, string Problem)> Bad = new()
    {
        ["expired 30 s ago"] = ((t, now) => t.With("exp", now - 30), Expired),
        ["expired 31 s ago"] = ((t, now) => t.With("exp", now - 31), Expired),
        ["expired long ago"] = ((t, _) => t.With("exp", 1), Expired),
        ["exp negative"] = ((t, _) => t.With("exp", -1), Expired),
        ["no exp"] = ((t, _) => t.Without("exp"), "The token has no exp."),
        ["exp null"] = ((t, _) => t.With("exp", null), Expired),
        ["exp string"] = ((t, now) => t.With("exp", $"{now + 300}"), Expired),
        ["exp true"] = ((t, _) => t.With("exp", true), Expired),
        ["exp infinite"] = ((t, _) => t.With("exp", JsonNode.Parse("1e999")), Expired),
        ["exp after the year 9999"] = ((t, _) => t.With("exp", 253_402_300_800), Expired),
        ["nbf in 31 s"] = ((t, now) => t.With("nbf", now + 31), Early),
        ["nbf string"] = ((t, now) => t.With("nbf", $"{now}"), Early),
        ["iat in 31 s"] = ((t, now) => t.With("iat", now + 31), Future),
        ["iat string"] = ((t, now) => t.With("iat", $"{now}"), Future),
        ["iss of another realm"] = ((t, _) => t.With("iss", "https://login.example.com/realms/master"), Issuer),
        ["iss with a slash at its end"] = ((t, _) => t.With("iss", Realm.Issuer + "/"), Issuer),
        ["iss in capitals"] = ((t, _) => t.With("iss", Realm.Issuer.ToUpperInvariant()), Issuer),
        ["iss array"] = ((t, _) => t.With("iss", new JsonArray(Realm.Issuer)), Issuer),
        ["no iss"] = ((t, _) => t.Without("iss"), Issuer),
        ["aud of another"] = ((t, _) => t.With("aud", "account"), Audience),
        ["aud of others"] = ((t, _) => t.With("aud", new JsonArray("account", "billing-api-2")), Audience),
        ["aud our client, not the API"] = ((t, _) => t.With("aud", "billing"), Audience),
        ["aud in capitals"] = ((t, _) => t.With("aud", "BILLING-API"), Audience),
        ["aud nested"] = ((t, _) => t.With("aud", new JsonArray(new JsonArray("billing-api"))), Audience),
        ["aud object"] = ((t, _) => t.With("aud", new JsonObject { ["billing-api"] = "billing-api" }), Audience),
        ["aud number"] = ((t, _) => t.With("aud", 1), Audience),
        ["aud with a number in it"] = ((t, _) => t.With("aud", new JsonArray("billing-api", 1)), Audience),
        ["aud empty"] = ((t, _) => t.With("aud", new JsonArray()), Audience),
        ["no aud, azp right"] = ((t, _) => t.Without("aud").With("azp", "billing-api"), Audience),
        ["payload typ ID"] = ((t, _) => t.With("typ", "ID"), Kind),
        ["payload typ Refresh"] = ((t, _) => t.With("typ", "Refresh"), Kind),
        ["payload typ Offline"] = ((t, _) => t.With("typ", "Offline"), Kind),
        ["payload typ Logout"] = ((t, _) => t.With("typ", "Logout"), Kind),
        ["payload typ in small letters"] = ((t, _) => t.With("typ", "bearer"), Kind),
        ["payload typ array"] = ((t, _) => t.With("typ", new JsonArray("Bearer")), Kind),
        ["no payload typ"] = ((t, _) => t.Without("typ"), Kind),
        ["header typ logout+jwt"] = ((t, _) => t.Header("typ", "logout+jwt"), Kind),
        ["header typ empty"] = ((t, _) => t.Header("typ", ""), Kind),
        ["header typ JWE"] = ((t, _) => t.Header("typ", "JWE"), Kind),
        ["no sub"] = ((t, _) => t.Without("sub"), Nobody),
        ["sub number"] = ((t, _) => t.With("sub", 1), Nobody),
        ["sub empty"] = ((t, _) => t.With("sub", ""), Nobody),
        ["sub of 256 characters"] = ((t, _) => t.With("sub", new string('a', 256)), Nobody),
    };

    public static TheoryData<string> GoodCases => [.. Good.Keys];

    public static TheoryData<string> BadCases => [.. Bad.Keys];

    [Theory]
    [MemberData(nameof(GoodCases))]
    public async Task It_is_accepted(string token)
    {
        var (realm, made) = (fixture.Realm, Good[token](TestToken.Access(fixture.Realm.Now), fixture.Realm.Now.ToUnixTimeSeconds()));
        var result = await realm.ValidateAsync(made.Encode());
        result.Problem.ShouldBeNull();
        result.Claims!.Value.Text("sub").ShouldBe("7c9e6679-7425-40de-944b-e07fc1f90ae7");
    }

    [Theory]
    [MemberData(nameof(BadCases))]
    public async Task It_is_refused(string token)
    {
        var (make, problem) = Bad[token];
        var result = await fixture.Realm.ValidateAsync(make(TestToken.Access(fixture.Realm.Now), fixture.Realm.Now.ToUnixTimeSeconds()).Encode());
        (result.Problem, result.Claims).ShouldBe((problem, null));
    }

    [Fact]
    public async Task The_tokens_for_other_purposes_are_none()
    {
        var now = fixture.Realm.Now;
        foreach (var token in new[] { TestToken.Id(now), TestToken.Logout(now), TestToken.Id(now).With("aud", "billing-api") })
            (await fixture.Realm.ValidateAsync(token.Encode())).Problem.ShouldBe(Kind);
    }
}
