using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using BillingMonolith.Host.Callers;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Host.Access;

/// <summary>
/// A signed token in the compact form (RFC 7515), read strictly: a token that two readers could understand differently is refused. Keys inside the
/// token (<c>jwk</c>, <c>jku</c>, <c>x5u</c>, <c>x5c</c>) are not even read.
/// </summary>
internal sealed class JsonWebToken
{
    private const int LongestToken = 8 * 1024;
    private const string NoToken = "The token is not a signed JWT.";
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };
    private static readonly SearchValues<byte> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    private readonly ReadOnlyMemory<byte> signed;
    private readonly byte[] signature;

    private JsonWebToken(string algorithm, string keyId, string? type, JsonElement claims, ReadOnlyMemory<byte> signed, byte[] signature)
    {
        (Algorithm, KeyId, Type, Claims) = (algorithm, keyId, type, claims);
        (this.signed, this.signature) = (signed, signature);
    }

    public string Algorithm { get; }
    public string KeyId { get; }

    /// <summary>The header's <c>typ</c>. (Keycloak puts another one into the claims.)</summary>
    public string? Type { get; }

    /// <summary>The claims of the token; not trustworthy before <see cref="IsSignedWith"/>.</summary>
    public JsonElement Claims { get; }

    /// <param name="problem">The reason why it is invalid, without any part of the token.</param>
    public static bool TryParse(string encoded, [NotNullWhen(true)] out JsonWebToken? token, [NotNullWhen(false)] out string? problem)
    {
        (token, problem) = (null, NoToken);
        if (encoded.Length > LongestToken)
        {
            problem = "The token is too long.";
            return false;
        }

        var bytes = Encoding.ASCII.GetBytes(encoded); // a non-ASCII character becomes '?', which is not in the alphabet
        var (first, last) = (Array.IndexOf(bytes, (byte)'.'), Array.LastIndexOf(bytes, (byte)'.'));
        if (first == last) return false;
        if (Decode(bytes.AsSpan(0, first)) is not { } head || Decode(bytes.AsSpan((first + 1)..last)) is not { } body
            || Decode(bytes.AsSpan(last + 1)) is not { } signature) return false;
        if (ReadObject(head) is not { } header || ReadObject(body) is not { } claims) return false;

        problem = HeaderProblem(header);
        if (problem is not null) return false;
        token = new JsonWebToken(header.Text("alg")!, header.Text("kid")!, header.Text("typ"), claims, bytes.AsMemory(0, last), signature);
        return true;
    }

    public bool IsSignedWith(SigningKey key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes]; // each of the three algorithms uses SHA-256
        SHA256.HashData(signed.Span, hash);
        return key.Verifies(hash, signature);
    }

    private static string? HeaderProblem(JsonElement header) =>
        string.IsNullOrEmpty(header.Text("alg")) ? "The token names no algorithm."
        : string.IsNullOrEmpty(header.Text("kid")) ? "The token names no key (kid)."
        : header.TryGetProperty("typ", out var type) && type.ValueKind != JsonValueKind.String ? NoToken
        : header.TryGetProperty("crit", out _) ? "The token needs an extension that is not known here (crit)."
        : null;

    /// <summary>base64url in its one form: no padding, no white space, and the last character's unused bits are zero.</summary>
    private static byte[]? Decode(ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty || part.ContainsAnyExcept(Alphabet)) return null;
        var canonical = (part.Length % 4) switch
        {
            0 => true,
            2 => "AQgw"u8.Contains(part[^1]),
            3 => "AEIMQUYcgkosw048"u8.Contains(part[^1]),
            _ => false,
        };
        return canonical ? Base64Url.DecodeFromUtf8(part) : null;
    }

    private static JsonElement? ReadObject(byte[] json)
    {
        try
        {
            if (!Utf8.IsValid(json)) return null;
            var read = JsonElement.Parse(json, Strict);
            return read.ValueKind == JsonValueKind.Object && IsText(json) ? read : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the second: half a surrogate pair
        {
            return null;
        }
    }

    /// <summary>Whether every string can be read and stored. PostgreSQL stores no NUL.</summary>
    private static bool IsText(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.ValueIsEscaped && reader.GetString()!.Contains('\0')) return false;
        }

        return true;
    }
}
