using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace BillingMonolith.Specs.Access;

/// <summary>Who signed a token, with what, and in which form: the attacks on JOSE.</summary>
public sealed class SignatureSpecs(RealmFixture fixture) : IClassFixture<RealmFixture>
{
    private const string NoToken = "The token is not a signed JWT.";
    private const string Algorithm = "The token's algorithm is not accepted.";
    private const string KeysAlgorithm = "The token's algorithm is not its key's.";
    private const string NoKey = "The realm has no such key for signatures.";
    private const string Extension = "The token needs an extension that is not known here (crit).";
    private const string Wrong = "The signature is wrong.";

    private static readonly Dictionary<string, (Func<TestToken, string> Make, string Problem)> Bad = new()
    {
        ["alg none"] = (t => t.By("none", "sig", _ => []).Encode() + "AA", Algorithm),
        ["alg none without signature"] = (t => t.By("none", "sig", _ => []).Encode(), NoToken),
        ["alg None"] = (t => t.Header("alg", "None").Encode(), Algorithm),
        ["alg empty"] = (t => t.Header("alg", "").Encode(), "The token names no algorithm."),
        ["alg array"] = (t => t.Encode(h => h.Replace("\"RS256\"", "[\"RS256\"]", StringComparison.Ordinal)), "The token names no algorithm."),
        ["no alg"] = (t => t.WithoutHeader("alg").Encode(), "The token names no algorithm."),
        ["alg rs256"] = (t => t.Header("alg", "rs256").Encode(), Algorithm),
        ["RS512"] = (t => t.By("RS512", "sig", TestKeys.Rs512).Encode(), Algorithm),
        ["RS512 with its own key"] = (t => t.By("RS512", "rs512", TestKeys.Rs512).Encode(), Algorithm),
        ["HS256 with the public key's PEM"] = (t => t.By("HS256", "sig", Hs256(Pem())).Encode(), Algorithm),
        ["HS256 with the public key's PEM, called RS256"] = (t => t.By("RS256", "sig", Hs256(Pem())).Encode(), Wrong),
        ["HS256 with the modulus"] = (t => t.By("HS256", "sig", Hs256(TestKeys.Signing.ExportParameters(false).Modulus!)).Encode(), Algorithm),
        ["ES256 with the id of an RSA key"] = (t => t.By("ES256", "sig", TestKeys.Es256).Encode(), KeysAlgorithm),
        ["RS256 with the id of an EC key"] = (t => t.By("RS256", "es", TestKeys.Rs256).Encode(), KeysAlgorithm),
        ["PS256 with a key for RS256"] = (t => t.By("PS256", "sig", TestKeys.Ps256).Encode(), KeysAlgorithm),
        ["RS256 with a key for PS256"] = (t => t.By("RS256", "ps", TestKeys.Rs256).Encode(), KeysAlgorithm),
        ["PSS padding under RS256"] = (t => t.By("RS256", "sig", TestKeys.Ps256).Encode(), Wrong),
        ["ES256 as DER"] = (t => t.By("ES256", "es", TestKeys.Es256Der).Encode(), Wrong),
        ["ES256 all zero"] = (t => t.By("ES256", "es", _ => new byte[64]).Encode(), Wrong),
        ["ES256 on P-384"] = (t => t.By("ES256", "p384", TestKeys.ByP384).Encode(), NoKey),
        ["ES256 with a key that says another curve"] = (t => t.By("ES256", "es-p384", TestKeys.Es256).Encode(), NoKey),
        ["the key for encryption"] = (t => t.By("RS256", "enc", TestKeys.ByOther).Encode(), NoKey),
        ["a key for encryption that says RS256"] = (t => t.Header("kid", "enc-rs256").Encode(), NoKey),
        ["a key that says no algorithm"] = (t => t.Header("kid", "no-alg").Encode(), NoKey),
        ["a key of 1024 bits"] = (t => t.By("RS256", "weak", TestKeys.ByWeak).Encode(), NoKey),
        ["a foreign key under our key id"] = (t => t.By("RS256", "sig", TestKeys.ByOther).Encode(), Wrong),
        ["a foreign key in the header (jwk)"] = (t => t.By("RS256", "sig", TestKeys.ByOther)
            .Header("jwk", TestKeys.Jwk("sig", TestKeys.Other, "RS256", "sig")).Encode(), Wrong),
        ["a foreign key's address (jku)"] = (t => t.By("RS256", "sig", TestKeys.ByOther).Header("jku", "http://127.0.0.1:1/jwks").Encode(), Wrong),
        ["a foreign certificate's address (x5u)"] = (t => t.By("RS256", "sig", TestKeys.ByOther).Header("x5u", "http://127.0.0.1:1/x").Encode(), Wrong),
        ["no kid"] = (t => t.WithoutHeader("kid").Encode(), "The token names no key (kid)."),
        ["kid number"] = (t => t.Header("kid", 1).Encode(), "The token names no key (kid)."),
        ["kid empty"] = (t => t.Header("kid", "").Encode(), "The token names no key (kid)."),
        ["typ number"] = (t => t.Header("typ", 1).Encode(), NoToken),
        ["crit"] = (t => t.Header("crit", new JsonArray("exp")).Encode(), Extension),
        ["crit empty"] = (t => t.Header("crit", new JsonArray()).Encode(), Extension),
        ["signature empty"] = (t => t.By("RS256", "sig", _ => []).Encode(), NoToken),
        ["signature short of a byte"] = (t => t.By("RS256", "sig", c => TestKeys.Rs256(c)[..^1]).Encode(), Wrong),
        ["signature with a byte more"] = (t => t.By("RS256", "sig", c => [.. TestKeys.Rs256(c), 0]).Encode(), Wrong),
        ["signature with another bit"] = (t => t.By("RS256", "sig", c => Flip(TestKeys.Rs256(c))).Encode(), Wrong),
        ["claims changed"] = (t => Swap(t.Encode(), t.With("sub", "somebody-else").Encode()), Wrong),
    };

    public static TheoryData<string> BadCases => [.. Bad.Keys];

    [Theory]
    [MemberData(nameof(BadCases))]
    public async Task It_is_refused(string token)
    {
        var (make, problem) = Bad[token];
        var result = await fixture.Realm.ValidateAsync(make(TestToken.Access(fixture.Realm.Now)));
        (result.Problem, result.Claims).ShouldBe((problem, null));
        fixture.Realm.Fetches.Count.ShouldBeLessThanOrEqualTo(1, "an id that is published is no reason to ask again");
    }

    private static byte[] Pem() => Encoding.ASCII.GetBytes(TestKeys.Signing.ExportSubjectPublicKeyInfoPem());

    private static Func<byte[], byte[]> Hs256(byte[] secret) => content => HMACSHA256.HashData(secret, content);

    private static byte[] Flip(byte[] signature)
    {
        signature[^1] ^= 1;
        return signature;
    }

    // The claims of the one with the rest of the other.
    private static string Swap(string one, string other) => string.Join('.', one.Split('.')[0], other.Split('.')[1], one.Split('.')[2]);
}
