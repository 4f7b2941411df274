using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>The realm's RSA keys: one signs tokens (RS256), older ones may still verify, and one encrypts and must never be taken for them.</summary>
internal sealed class RealmKeys
{
    // Once per process: a pair costs half a second, and each test starts a realm. Rotated ones belong to their realm.
    private static readonly RealmKey First = new("RS256", "sig");
    private static readonly RealmKey Encryption = new("RSA-OAEP", "enc");

    /// <summary>The active key, then the passive ones, newest first.</summary>
    private ImmutableArray<RealmKey> signing = [First];

    /// <summary>Key ids of what is published for signatures, the active one first.</summary>
    public IEnumerable<string> Ids => signing.Select(k => k.Id);

    /// <summary>All keys, the wrong one first: the order of Keycloak's set is not stable, so a reader chooses by kid and use.</summary>
    public JsonObject Published(DateTimeOffset now) => new()
    {
        ["keys"] = new JsonArray([Encryption.Publish(now), .. signing.Reverse().Select(k => k.Publish(now))]),
    };

    /// <summary>A new key signs from now on; the others stay published.</summary>
    public void Rotate()
    {
        var next = new RealmKey("RS256", "sig");
        ImmutableInterlocked.Update(ref signing, keys => keys.Insert(0, next));
    }

    /// <summary>Drops the passive keys: what they signed is worth nothing any more.</summary>
    public void Retire() => ImmutableInterlocked.Update(ref signing, keys => [keys[0]]);

    /// <param name="claims">The payload.</param>
    /// <param name="header">Members that replace those of the header or join them; the signature is RS256 whatever they say.</param>
    public string Sign(JsonObject claims, JsonObject? header = null)
    {
        var key = signing[0];
        var named = new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = key.Id };
        foreach (var (name, value) in header ?? []) named[name] = value?.DeepClone();
        var content = $"{Base64Url.EncodeToString(Bytes(named))}.{Base64Url.EncodeToString(Bytes(claims))}";
        return $"{content}.{Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(content)))}";
    }

    /// <summary>The claims of a token that this realm signed, or null.</summary>
    public JsonObject? Verify(string token)
    {
        if (token.Split('.') is not [var header, var claims, var signature]) return null;
        try
        {
            if (JsonNode.Parse(Base64Url.DecodeFromChars(header)) is not JsonObject named || (string?)named["alg"] != "RS256") return null;
            var key = signing.FirstOrDefault(k => k.Id == (string?)named["kid"]);
            return key?.Verify(Encoding.ASCII.GetBytes($"{header}.{claims}"), Base64Url.DecodeFromChars(signature)) is true
                ? JsonNode.Parse(Base64Url.DecodeFromChars(claims)) as JsonObject
                : null;
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());
}
