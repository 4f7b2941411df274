using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>One RSA key pair of a realm, and how it is published.</summary>
internal sealed class RealmKey(string algorithm, string use)
{
    private readonly RSA rsa = RSA.Create(2048);
    private readonly Lock gate = new();
    private JsonObject? published;

    public string Id => field ??= Base64Url.EncodeToString(SHA256.HashData(rsa.ExportSubjectPublicKeyInfo()));

    public byte[] Sign(byte[] content)
    {
        lock (gate) return rsa.SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    public bool Verify(byte[] content, byte[] signature)
    {
        lock (gate) return rsa.VerifyData(content, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    /// <summary>Its entry in the JWKS, with a certificate that is made once.</summary>
    public JsonObject Publish(DateTimeOffset now)
    {
        lock (gate) return (published ??= Entry(now)).DeepClone().AsObject();
    }

    private JsonObject Entry(DateTimeOffset now)
    {
        var request = new CertificateRequest("CN=sandbox", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(10));
        var numbers = rsa.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kid"] = Id,
            ["kty"] = "RSA",
            ["alg"] = algorithm,
            ["use"] = use,
            ["x5c"] = new JsonArray(Convert.ToBase64String(certificate.RawData)),
            ["x5t"] = Base64Url.EncodeToString(certificate.GetCertHash(HashAlgorithmName.SHA1)),
            ["x5t#S256"] = Base64Url.EncodeToString(certificate.GetCertHash(HashAlgorithmName.SHA256)),
            ["n"] = Base64Url.EncodeToString(numbers.Modulus),
            ["e"] = Base64Url.EncodeToString(numbers.Exponent),
        };
    }
}
