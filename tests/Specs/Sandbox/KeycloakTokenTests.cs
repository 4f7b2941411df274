using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace BillingMonolith.Specs.Sandbox;

public sealed class KeycloakTokenTests
{
    private const string Refused = "Invalid client or Invalid client credentials";

    [Fact]
    public async Task Discovery_names_its_own_address_and_an_unknown_realm_is_404()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var document = await world.JsonAsync($"{world.Keycloak.Url}/realms/uchub/.well-known/openid-configuration");
        ((string)document["issuer"]!).ShouldBe($"{world.Keycloak.Url}/realms/uchub");
        ((string)document["token_endpoint"]!).ShouldBe($"{world.Keycloak.Url}/realms/uchub/protocol/openid-connect/token");
        (await world.GetAsync($"{world.Keycloak.Url}/realms/nosuch/.well-known/openid-configuration")).ShouldBe((404, """{"error":"Realm does not exist"}"""));
    }

    [Fact]
    public async Task A_token_verifies_with_the_published_key_for_signatures_and_not_with_the_other()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var (_, body) = await world.TokenAsync(new() { ["grant_type"] = "client_credentials" }, basic: "billing:s3cret%2B%26%3D");
        var parts = ((string)body!["access_token"]!).Split('.');
        var kid = (string)JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]))!["kid"]!;
        var keys = (await world.JsonAsync($"{world.Keycloak.Url}/realms/uchub/protocol/openid-connect/certs"))["keys"]!.AsArray();

        keys.Select(k => (string)k!["use"]!).ShouldBe(["sig", "enc"], ignoreOrder: true);
        foreach (var key in keys)
        {
            using var rsa = RSA.Create(new RSAParameters
            {
                Modulus = Base64Url.DecodeFromChars((string)key!["n"]!), Exponent = Base64Url.DecodeFromChars((string)key["e"]!),
            });
            var good = rsa.VerifyData(
                Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            good.ShouldBe((string)key["use"]! == "sig" && (string)key["kid"]! == kid);
        }

        ((int)body["expires_in"]!).ShouldBe(300);
        ((int)body["refresh_expires_in"]!).ShouldBe(0);
        body["refresh_token"].ShouldBeNull();
    }

    [Theory]
    [InlineData("", "billing", "s3cret+&=", 400, "invalid_request", "Missing form parameter: grant_type")]
    [InlineData("client_credentials", "nosuch", "s3cret+&=", 401, "invalid_client", Refused)]
    [InlineData("client_credentials", "billing", "wrong", 401, "unauthorized_client", Refused)]
    [InlineData("client_credentials", "billing", "", 401, "unauthorized_client", Refused)]
    [InlineData("magic", "billing", "s3cret+&=", 400, "unsupported_grant_type", "Unsupported grant_type")]
    public async Task Token_errors(string grant, string client, string secret, int status, string error, string description)
    {
        await using var world = await KeycloakHttp.StartAsync();
        var (answered, body) = await world.TokenAsync(new() { ["grant_type"] = grant, ["client_id"] = client, ["client_secret"] = secret });
        (answered, (string)body!["error"]!, (string)body["error_description"]!).ShouldBe((status, error, description));
        world.Keycloak.TokensIssued.ShouldBe(1, "only the one of signing in");
    }

    [Fact]
    public async Task The_admin_api_refuses_no_token_a_forged_an_expired_and_a_revoked_one()
    {
        var clock = new HandClock();
        await using var world = await KeycloakHttp.StartAsync(time: clock);
        var unauthorized = (401, """{"error":"HTTP 401 Unauthorized"}""");
        (await world.GetAsync(world.Users)).Status.ShouldBe(200);

        clock.Advance(TimeSpan.FromSeconds(300));
        (await world.GetAsync(world.Users)).ShouldBe(unauthorized);
        await world.SignInAsync();
        (await world.GetAsync(world.Users)).Status.ShouldBe(200);

        world.Keycloak.RevokeTokens();
        (await world.GetAsync(world.Users)).ShouldBe(unauthorized);

        world.SignOut();
        using var bare = await world.RawAsync(HttpMethod.Get, world.Users);
        ((int)bare.StatusCode).ShouldBe(401);
        bare.Headers.WwwAuthenticate.ShouldBeEmpty();
        bare.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
    }

    [Fact]
    public async Task Roles_decide_and_query_users_alone_sees_an_empty_list()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var forbidden = (403, """{"error":"HTTP 403 Forbidden"}""");
        var id = world.Keycloak.Users.First().Id;

        world.Keycloak.Roles = ["view-users"];
        (await world.GetAsync($"{world.Users}/{id}")).Status.ShouldBe(200);
        (await world.PutAsync(id, "{}")).ShouldBe(forbidden);

        world.Keycloak.Roles = ["query-users"];
        (await world.GetAsync(world.Users)).ShouldBe((200, "[]"));
        (await world.GetAsync($"{world.Users}/{id}")).ShouldBe(forbidden);

        world.Keycloak.Roles = [];
        (await world.GetAsync(world.Users)).ShouldBe(forbidden);
    }

    [Fact]
    public async Task Unknown_realm_and_unknown_path_have_their_own_words()
    {
        await using var world = await KeycloakHttp.StartAsync();
        (await world.GetAsync($"{world.Keycloak.Url}/admin/realms/nosuch/users")).ShouldBe((404, """{"error":"Realm not found."}"""));
        (await world.GetAsync($"{world.Keycloak.Url}/nosuch")).ShouldBe((404, """{"error":"Unable to find matching target resource method"}"""));
        using var wrongMethod = await world.RawAsync(HttpMethod.Patch, world.Users);
        ((int)wrongMethod.StatusCode).ShouldBe(404);
    }
}
