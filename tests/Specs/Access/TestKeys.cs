using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace BillingMonolith.Specs.Access;

/// <summary>Keys, how they sign (rightly and wrongly), and how a realm publishes them. Made once: a pair costs time.</summary>
internal static class TestKeys
{
    public static readonly RSA Signing = RSA.Create(2048);
    public static readonly RSA Other = RSA.Create(2048);
    public static readonly RSA Weak = RSA.Create(1024);
    public static readonly ECDsa P256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    public static readonly ECDsa P384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private static readonly Lock Gate = new();

    /// <summary>One key of each kind that a token could name; the wrong ones first.</summary>
    public static JsonObject Set => Publish(
        Jwk("enc", Other, "RSA-OAEP", "enc"), Jwk("sig", Signing, "RS256", "sig"), Jwk("ps", Signing, "PS256", "sig"), Jwk("es", P256, "ES256", "sig"),
        Jwk("no-use", Signing, "RS256", use: null), Jwk("no-alg", Signing, alg: null, "sig"), Jwk("enc-rs256", Signing, "RS256", "enc"),
        Jwk("weak", Weak, "RS256", "sig"), Jwk("p384", P384, "ES256", "sig", curve: "P-384"),
        Jwk("es-p384", P256, "ES256", "sig", curve: "P-384"), Jwk("rs512", Signing, "RS512", "sig"));

    public static JsonObject Publish(params JsonObject[] keys) => new() { ["keys"] = new JsonArray([.. keys]) };

    public static JsonObject Jwk(string kid, RSA key, string? alg, string? use)
    {
        var numbers = key.ExportParameters(includePrivateParameters: false);
        return Named(new JsonObject { ["kty"] = "RSA", ["n"] = Base64Url.EncodeToString(numbers.Modulus), ["e"] = Base64Url.EncodeToString(numbers.Exponent) },
            kid, alg, use);
    }

    public static JsonObject Jwk(string kid, ECDsa key, string? alg, string? use, string curve = "P-256")
    {
        var point = key.ExportParameters(includePrivateParameters: false);
        return Named(new JsonObject
        {
            ["kty"] = "EC", ["crv"] = curve,
            ["x"] = Base64Url.EncodeToString(point.Q.X), ["y"] = Base64Url.EncodeToString(point.Q.Y),
        }, kid, alg, use);
    }

    public static byte[] Rs256(byte[] content) => Rsa(Signing, content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    public static byte[] Ps256(byte[] content) => Rsa(Signing, content, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
    public static byte[] Rs512(byte[] content) => Rsa(Signing, content, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1);
    public static byte[] ByOther(byte[] content) => Rsa(Other, content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    public static byte[] ByWeak(byte[] content) => Rsa(Weak, content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    public static byte[] Es256(byte[] content) => Ec(P256, content, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    public static byte[] Es256Der(byte[] content) => Ec(P256, content, DSASignatureFormat.Rfc3279DerSequence);
    public static byte[] ByP384(byte[] content) => Ec(P384, content, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    private static byte[] Rsa(RSA key, byte[] content, HashAlgorithmName hash, RSASignaturePadding padding)
    {
        lock (Gate) return key.SignData(content, hash, padding);
    }

    private static byte[] Ec(ECDsa key, byte[] content, DSASignatureFormat format)
    {
        lock (Gate) return key.SignData(content, HashAlgorithmName.SHA256, format);
    }

    private static JsonObject Named(JsonObject key, string kid, string? alg, string? use)
    {
        key["kid"] = kid;
        if (alg is not null) key["alg"] = alg;
        if (use is not null) key["use"] = use;
        return key;
    }
}
