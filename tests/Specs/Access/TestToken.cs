using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;

namespace BillingMonolith.Specs.Access;

/// <summary>A token in the making: good as it is, and as bad as a test wants it.</summary>
internal sealed class TestToken
{
    private readonly JsonObject header = new() { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = "sig" };
    private readonly JsonObject claims;
    private Func<byte[], byte[]> sign = TestKeys.Rs256;

    private TestToken(JsonObject claims) => this.claims = claims;

    /// <summary>The access token of Ada, as Keycloak makes it for the shop's client.</summary>
    public static TestToken Access(DateTimeOffset now) => new(new JsonObject
    {
        ["exp"] = now.ToUnixTimeSeconds() + 300, ["iat"] = now.ToUnixTimeSeconds(), ["jti"] = "onrtac:13f91f50", ["iss"] = Realm.Issuer,
        ["aud"] = new JsonArray("billing-api", "account"), ["sub"] = "7c9e6679-7425-40de-944b-e07fc1f90ae7", ["typ"] = "Bearer", ["azp"] = "shop",
        ["sid"] = "p2oReT4cpfec5q5LnTYZhz2e", ["acr"] = "1",
        ["realm_access"] = new JsonObject { ["roles"] = new JsonArray("offline_access", "billing-admin") },
        ["resource_access"] = new JsonObject { ["account"] = new JsonObject { ["roles"] = new JsonArray("view-profile") } },
        ["scope"] = "openid email", ["email_verified"] = true, ["name"] = "Ada Lovelace", ["preferred_username"] = "ada", ["email"] = "ada@example.com",
    });

    public static TestToken Id(DateTimeOffset now) => Access(now).With("typ", "ID").With("aud", "billing").With("azp", "billing").With("nonce", "n");

    public static TestToken Logout(DateTimeOffset now) => new TestToken(new JsonObject
    {
        ["exp"] = now.ToUnixTimeSeconds() + 120, ["iat"] = now.ToUnixTimeSeconds(), ["jti"] = "c1d6f0a2", ["iss"] = Realm.Issuer, ["aud"] = "billing",
        ["sub"] = "7c9e6679-7425-40de-944b-e07fc1f90ae7", ["typ"] = "Logout", ["sid"] = "p2oReT4cpfec5q5LnTYZhz2e",
        ["events"] = new JsonObject { ["http://schemas.openid.net/event/backchannel-logout"] = new JsonObject() },
    }).Header("typ", "logout+jwt");

    public TestToken With(string claim, JsonNode? value) => Changed(() => claims[claim] = value);

    public TestToken Without(string claim) => Changed(() => claims.Remove(claim));

    public TestToken Header(string name, JsonNode? value) => Changed(() => header[name] = value);

    public TestToken WithoutHeader(string name) => Changed(() => header.Remove(name));

    /// <summary>Signed so, and naming that algorithm and key.</summary>
    public TestToken By(string alg, string kid, Func<byte[], byte[]> signer) => Header("alg", alg).Header("kid", kid).Changed(() => sign = signer);

    public TestToken Padded(int length) => With("filler", new string('x', length));

    /// <param name="headerText">Replaces the header's JSON.</param>
    /// <param name="claimsText">Replaces the claims' JSON.</param>
    public string Encode(Func<string, string>? headerText = null, Func<string, string>? claimsText = null) =>
        Encode(Bytes(headerText, header), Bytes(claimsText, claims));

    public string Encode(byte[] headerBytes, byte[] claimsBytes)
    {
        var content = $"{Base64Url.EncodeToString(headerBytes)}.{Base64Url.EncodeToString(claimsBytes)}";
        return $"{content}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(content)))}";
    }

    /// <summary>With bytes of the claims replaced, which need not be UTF-8 any more.</summary>
    public string EncodeWithBytes(string mark, byte[] bytes)
    {
        var text = claims.ToJsonString();
        var at = text.IndexOf(mark, StringComparison.Ordinal);
        return Encode(Encoding.UTF8.GetBytes(header.ToJsonString()),
            [.. Encoding.UTF8.GetBytes(text[..at]), .. bytes, .. Encoding.UTF8.GetBytes(text[(at + mark.Length)..])]);
    }

    private static byte[] Bytes(Func<string, string>? change, JsonObject json) => Encoding.UTF8.GetBytes((change ?? (t => t))(json.ToJsonString()));

    private TestToken Changed(Action change)
    {
        change();
        return this;
    }
}
