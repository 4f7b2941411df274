using System.Collections.Frozen;
using System.Text.Json;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using BillingMonolith.Identity;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Access;

/// <summary>
/// The keys that the realm publishes. Old ones stay in use while newer ones are fetched. An unknown key id may be a new one, so
/// its token waits for a fetch that begins after it came; fetches are shared and rate-limited, so that invented key ids cost Keycloak little.
/// </summary>
internal sealed class SigningKeys(
    IHttpClientFactory http, IOptionsMonitor<KeycloakOptions> keycloak, IOptionsMonitor<AccessOptions> access, TimeProvider time, ILogger<SigningKeys> log)
{
    private const int MostWaiters = 100;
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(10);

    private readonly Lock gate = new();
    private volatile Published? published;
    private Task<bool>? next;
    private bool asking;
    private long? lastFetch;
    private int waiting;

    private TimeSpan Distance => TimeSpan.FromSeconds(access.CurrentValue.KeyFetchSeconds);

    /// <summary>The key of this id, or null when the realm publishes none for signatures.</summary>
    /// <exception cref="KeysUnavailableException">Keycloak could not be asked, so the answer is unknown.</exception>
    public ValueTask<SigningKey?> FindAsync(string keyId, CancellationToken cancellationToken)
    {
        if (published is not { } known || !known.Keys.TryGetValue(keyId, out var key)) return new(WaitForAsync(keyId, cancellationToken));
        if (time.GetElapsedTime(known.Fetched) > Fresh) Next();
        return new(key);
    }

    private async Task<SigningKey?> WaitForAsync(string keyId, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref waiting) > MostWaiters) return published is null ? throw new KeysUnavailableException(Distance) : null;
            while (true)
            {
                var (fetch, begun) = Next();
                var answered = await fetch.WaitAsync(cancellationToken); // one caller's cancellation does not take it from the others
                if (published?.Keys.TryGetValue(keyId, out var key) == true) return key;
                if (!answered) throw new KeysUnavailableException(Distance);
                if (!begun) return null; // fetched after the token came: the key is not the realm's
            }
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    /// <summary>The shared fetch, and whether Keycloak has been asked already (its answer may be older than the token).</summary>
    private (Task<bool> Fetch, bool Begun) Next()
    {
        lock (gate) return (next ??= FetchAsync(), asking);
    }

    private async Task<bool> FetchAsync()
    {
        // Both leave the caller's lock, so that "next" is set before it can be cleared below.
        var wait = lastFetch is { } last ? Distance - time.GetElapsedTime(last) : TimeSpan.Zero;
        if (wait > TimeSpan.Zero) await Task.Delay(wait, time);
        else await Task.Yield();

        lock (gate) asking = true;
        try
        {
            return await ReplaceAsync();
        }
        finally
        {
            lock (gate) (next, asking, lastFetch) = (null, false, time.GetTimestamp());
        }
    }

    private async Task<bool> ReplaceAsync()
    {
        var address = $"{keycloak.CurrentValue.RealmUrl}/protocol/openid-connect/certs";
        try
        {
            using var client = http.CreateClient("keycloak");
            using var answer = await client.GetAsync(new Uri(address));
            answer.EnsureSuccessStatusCode();
            published = new Published(Read(await answer.Content.ReadAsByteArrayAsync()), time.GetTimestamp());
            return true;
        }
        catch (Exception e)
        {
            log.LogWarning("The realm's keys could not be fetched from {Address}: {Reason} {Consequence}", address, e.Message,
                published is null ? "No token can be checked until they are." : "The previous keys stay in use.");
            return false;
        }
    }

    // A published key that signs no tokens is remembered as null: its id is known, and needs no new fetch.
    private static FrozenDictionary<string, SigningKey?> Read(byte[] json)
    {
        var keys = new Dictionary<string, SigningKey?>(StringComparer.Ordinal);
        var set = JsonElement.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        foreach (var jwk in set.GetProperty("keys").EnumerateArray())
        {
            if (jwk.Text("kid") is { Length: > 0 } keyId && keys.GetValueOrDefault(keyId) is null) keys[keyId] = SigningKey.Read(jwk);
        }

        if (!keys.Values.Any(k => k is not null))
            throw new FormatException("None of the keys is one for signatures that is known here (RS256 or PS256 from 2048 bits on, ES256).");
        return keys.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private sealed record Published(FrozenDictionary<string, SigningKey?> Keys, long Fetched);
}
