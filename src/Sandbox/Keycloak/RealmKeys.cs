using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>The realm's two RSA keys: one signs tokens (RS256), the other encrypts and must never be taken for it.</summary>
internal sealed class RealmKeys
{
    // Once per process: a pair costs half a second, and each test starts a realm.
    private static readonly RSA Signing = RSA.Create(2048);
    private static readonly RSA Encryption = RSA.Create(2048);
    private static readonly Lock Gate = new();
    private readonly string kid = KeyId(Signing);

    /// <summary>Both keys, the wrong one first: the order of Keycloak's set is not stable, so a reader chooses by kid and use.</summary>
    public JsonObject Published(DateTimeOffset now) => new()
    {
        ["keys"] = new JsonArray(Publish(Encryption, "RSA-OAEP", "enc", now), Publish(Signing, "RS256", "sig", now)),
    };

    public string Sign(JsonObject claims)
    {
        var header = new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = kid };
        var content = $"{Base64Url.EncodeToString(Bytes(header))}.{Base64Url.EncodeToString(Bytes(claims))}";
        lock (Gate)
        {
            var signature = Signing.SignData(Encoding.ASCII.GetBytes(content), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            return $"{content}.{Base64Url.EncodeToString(signature)}";
        }
    }

    /// <summary>The claims of a token that this realm signed, or null.</summary>
    public JsonObject? Verify(string token)
    {
        if (token.Split('.') is not [var header, var claims, var signature]) return null;
        try
        {
            var named = JsonNode.Parse(Base64Url.DecodeFromChars(header)) as JsonObject;
            if ((string?)named?["kid"] != kid || (string?)named?["alg"] != "RS256") return null;
            var content = Encoding.ASCII.GetBytes($"{header}.{claims}");
            lock (Gate)
            {
                if (!Signing.VerifyData(content, Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)) return null;
            }

            return JsonNode.Parse(Base64Url.DecodeFromChars(claims)) as JsonObject;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }
    }

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    private static string KeyId(RSA key) => Base64Url.EncodeToString(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));

    private static JsonObject Publish(RSA key, string algorithm, string use, DateTimeOffset now)
    {
        var request = new CertificateRequest("CN=sandbox", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(10));
        var numbers = key.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kid"] = KeyId(key),
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
