using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using BillingMonolith.Host.Callers;
using Microsoft.Extensions.ObjectPool;

namespace BillingMonolith.Host.Access;

/// <summary>A public key of the realm that signs tokens, for one algorithm. It is thread-safe; the .NET keys are not, so they are pooled.</summary>
internal sealed class SigningKey
{
    private const int FewestRsaBits = 2048;

    // Never disposed: when the realm drops a key another thread may still be verifying with it. The handles free themselves.
    private readonly ObjectPool<AsymmetricAlgorithm> pool;

    private SigningKey(string algorithm, Func<AsymmetricAlgorithm> create)
    {
        Algorithm = algorithm;
        pool = new DefaultObjectPoolProvider().Create(new Pooled(create));
    }

    /// <summary>RS256, PS256 or ES256.</summary>
    public string Algorithm { get; }

    /// <summary>Reads a JSON Web Key (RFC 7517); null for one that signs no tokens here: another use, another algorithm, or too weak.</summary>
    public static SigningKey? Read(JsonElement jwk)
    {
        if (jwk.TryGetProperty("use", out _) && jwk.Text("use") != "sig") return null; // without "use" the algorithm tells its use
        try
        {
            return (jwk.Text("kty"), jwk.Text("alg")) switch
            {
                ("RSA", "RS256" or "PS256") => Rsa(jwk),
                ("EC", "ES256") when jwk.Text("crv") == "P-256" => Ec(jwk),
                _ => null,
            };
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Whether the signature is this key's over the data with this SHA-256 hash.</summary>
    public bool Verifies(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        var key = pool.Get();
        try
        {
            return key is RSA rsa
                ? rsa.VerifyHash(hash, signature, HashAlgorithmName.SHA256, Algorithm == "PS256" ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1)
                : ((ECDsa)key).VerifyHash(hash, signature);
        }
        finally
        {
            pool.Return(key);
        }
    }

    private static SigningKey? Rsa(JsonElement jwk)
    {
        var numbers = new RSAParameters { Modulus = Number(jwk, "n"), Exponent = Number(jwk, "e") };
        using var tried = RSA.Create(numbers);
        return tried.KeySize >= FewestRsaBits ? new SigningKey(jwk.Text("alg")!, () => RSA.Create(numbers)) : null;
    }

    private static SigningKey Ec(JsonElement jwk)
    {
        var point = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = Number(jwk, "x"), Y = Number(jwk, "y") } };
        ECDsa.Create(point).Dispose(); // throws for a point that is not on the curve
        return new SigningKey("ES256", () => ECDsa.Create(point));
    }

    private static byte[] Number(JsonElement jwk, string name) => Base64Url.DecodeFromChars(jwk.Text(name) ?? throw new FormatException());

    private sealed class Pooled(Func<AsymmetricAlgorithm> create) : PooledObjectPolicy<AsymmetricAlgorithm>
    {
        public override AsymmetricAlgorithm Create() => create();

        public override bool Return(AsymmetricAlgorithm obj) => true;
    }
}
