using System.Text.Json.Nodes;
using BillingMonolith.Host.Access;

namespace BillingMonolith.Specs.Access;

/// <summary>The tokens of our own login (session and ID token), and logout tokens.</summary>
public sealed class OtherTokenSpecs(RealmFixture fixture) : IClassFixture<RealmFixture>
{
    private const string Kind = "The token is of another kind.";
    private const string Audience = "The token is for another audience.";
    private const string Client = "The token is another client's.";
    private const string Nobody = "The token names nobody (sub).";
    private const string NoLogout = "The token announces no logout.";
    private const string NoSession = "The logout token names neither a session nor a user.";
    private const string NoTime = "The logout token has no iat or no jti.";
    private const string Event = "http://schemas.openid.net/event/backchannel-logout";

    private static readonly Dictionary<string, (Func<TestToken, TestToken> Make, string? Problem)> Session = new()
    {
        ["of our client, for another audience"] = (t => t, null),
        ["of another client"] = (t => t.With("azp", "shop"), Client),
        ["of another client, for us"] = (t => t.With("azp", "shop").With("aud", "billing"), Client),
        ["without azp"] = (t => t.Without("azp"), Client),
        ["with azp array"] = (t => t.With("azp", new JsonArray("billing")), Client),
        ["ID token"] = (t => t.With("typ", "ID"), Kind),
        ["refresh token"] = (t => t.With("typ", "Refresh"), Kind),
        ["expired"] = (t => t.With("exp", 1), "The token has expired."),
        ["of another realm"] = (t => t.With("iss", "https://login.example.com/realms/master"), "The token is another issuer's."),
        ["without sub"] = (t => t.Without("sub"), Nobody),
    };

    private static readonly Dictionary<string, (Func<TestToken, TestToken> Make, string? Problem)> Id = new()
    {
        ["as Keycloak makes it"] = (t => t, null),
        ["without azp"] = (t => t.Without("azp"), null),
        ["without header typ"] = (t => t.WithoutHeader("typ"), null),
        ["for several, azp we"] = (t => t.With("aud", new JsonArray("billing", "account")), null),
        ["for several, without azp"] = (t => t.With("aud", new JsonArray("billing", "account")).Without("azp"), Client),
        ["azp another"] = (t => t.With("azp", "shop"), Client),
        ["azp null"] = (t => t.With("azp", null), Client),
        ["for another client"] = (t => t.With("aud", "shop"), Audience),
        ["for the API"] = (t => t.With("aud", "billing-api"), Audience),
        ["access token"] = (t => t.With("typ", "Bearer"), Kind),
        ["header typ at+jwt"] = (t => t.Header("typ", "at+jwt"), Kind),
        ["logout token's header"] = (t => t.Header("typ", "logout+jwt"), Kind),
        ["without sub"] = (t => t.Without("sub"), Nobody),
        ["without exp"] = (t => t.Without("exp"), "The token has no exp."),
        ["of another realm"] = (t => t.With("iss", "https://login.example.com/realms/master"), "The token is another issuer's."),
        ["signed by another"] = (t => t.By("RS256", "sig", TestKeys.ByOther), "The signature is wrong."),
    };

    private static readonly Dictionary<string, (Func<TestToken, TestToken> Make, string? Problem)> Logout = new()
    {
        ["as Keycloak makes it"] = (t => t, null),
        ["of a session only"] = (t => t.Without("sub"), null),
        ["of a user only"] = (t => t.Without("sid"), null),
        ["of nobody"] = (t => t.Without("sid").Without("sub"), NoSession),
        ["sid number"] = (t => t.With("sid", 1), NoSession),
        ["sid empty"] = (t => t.With("sid", ""), NoSession),
        ["header typ JWT"] = (t => t.Header("typ", "JWT"), Kind),
        ["without header typ"] = (t => t.WithoutHeader("typ"), Kind),
        ["payload typ ID"] = (t => t.With("typ", "ID"), Kind),
        ["without payload typ"] = (t => t.Without("typ"), Kind),
        ["nonce"] = (t => t.With("nonce", "n"), "A logout token has no nonce."),
        ["nonce null"] = (t => t.With("nonce", null), "A logout token has no nonce."),
        ["without events"] = (t => t.Without("events"), NoLogout),
        ["events array"] = (t => t.With("events", new JsonArray(Event)), NoLogout),
        ["events of another kind"] = (t => t.With("events", new JsonObject { ["http://schemas.openid.net/event/other"] = new JsonObject() }), NoLogout),
        ["event not an object"] = (t => t.With("events", new JsonObject { [Event] = true }), NoLogout),
        ["without iat"] = (t => t.Without("iat"), NoTime),
        ["without jti"] = (t => t.Without("jti"), NoTime),
        ["without exp"] = (t => t.Without("exp"), "The token has no exp."),
        ["expired"] = (t => t.With("exp", 1), "The token has expired."),
        ["for another client"] = (t => t.With("aud", "shop"), Audience),
        ["of another realm"] = (t => t.With("iss", "https://login.example.com/realms/master"), "The token is another issuer's."),
        ["signed by another"] = (t => t.By("RS256", "sig", TestKeys.ByOther), "The signature is wrong."),
    };

    public static TheoryData<string> SessionCases => [.. Session.Keys];

    public static TheoryData<string> IdCases => [.. Id.Keys];

    public static TheoryData<string> LogoutCases => [.. Logout.Keys];

    [Theory]
    [MemberData(nameof(SessionCases))]
    public Task A_session_token(string token) =>
        CheckAsync(Session[token], TestToken.Access(fixture.Realm.Now).With("aud", "account").With("azp", "billing"), TokenUse.Session);

    [Theory]
    [MemberData(nameof(IdCases))]
    public Task An_ID_token(string token) => CheckAsync(Id[token], TestToken.Id(fixture.Realm.Now), TokenUse.Id);

    [Theory]
    [MemberData(nameof(LogoutCases))]
    public Task A_logout_token(string token) => CheckAsync(Logout[token], TestToken.Logout(fixture.Realm.Now), TokenUse.Logout);

    private async Task CheckAsync((Func<TestToken, TestToken> Make, string? Problem) expected, TestToken token, TokenUse use)
    {
        var result = await fixture.Realm.ValidateAsync(expected.Make(token).Encode(), use);
        result.Problem.ShouldBe(expected.Problem);
        (result.Claims is null).ShouldBe(expected.Problem is not null);
    }
}
