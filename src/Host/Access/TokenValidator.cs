using System.Text.Json;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Access;

/// <summary>The purpose of a token. Keycloak signs all of them with the same key, so each must prove its kind.</summary>
internal enum TokenUse
{
    /// <summary>Any caller's access token for this API.</summary>
    Access,

    /// <summary>The access token from our own login: Keycloak need not name this API in its <c>aud</c>.</summary>
    Session,

    /// <summary>The ID token of our own login. The caller checks its nonce.</summary>
    Id,

    /// <summary>A logout token (OpenID Connect Back-Channel Logout 1.0).</summary>
    Logout,
}

/// <summary>The claims of a valid token, or the reason why it is invalid. (A class: nothing prints the claims by accident.)</summary>
internal sealed class TokenResult(JsonElement? claims, string? problem)
{
    public JsonElement? Claims { get; } = claims;

    /// <summary>A sentence for the log and for <c>error_description</c>; it contains no part of the token.</summary>
    public string? Problem { get; } = problem;
}

/// <summary>Checks that a token is the realm's, for us, of the right kind, and not expired.</summary>
internal sealed class TokenValidator(
    SigningKeys keys, IOptionsMonitor<KeycloakOptions> keycloak, IOptionsMonitor<AccessOptions> access, TimeProvider time)
{
    private const string LogoutEvent = "http://schemas.openid.net/event/backchannel-logout";
    private const int LongestSubject = 255;
    private const double SkewSeconds = 30;

    /// <exception cref="KeysUnavailableException">The realm's keys are out of reach.</exception>
    public async ValueTask<TokenResult> ValidateAsync(string encoded, TokenUse use, CancellationToken cancellationToken)
    {
        if (!JsonWebToken.TryParse(encoded, out var token, out var problem)) return new TokenResult(null, problem);
        if (token.Algorithm is not ("RS256" or "PS256" or "ES256")) return new TokenResult(null, "The token's algorithm is not accepted.");
        var key = await keys.FindAsync(token.KeyId, cancellationToken);
        problem = key is null ? "The realm has no such key for signatures."
            : key.Algorithm != token.Algorithm ? "The token's algorithm is not its key's."
            : !token.IsSignedWith(key) ? "The signature is wrong."
            : KindProblem(token, use) ?? TimeProblem(token.Claims) ?? ClaimsProblem(token.Claims, use);
        return problem is null ? new TokenResult(token.Claims, null) : new TokenResult(null, problem);
    }

    private static string? KindProblem(JsonWebToken token, TokenUse use)
    {
        var right = (use, token.Type, token.Claims.Text("typ")) is
            (TokenUse.Access or TokenUse.Session, null or "JWT" or "at+jwt", "Bearer")
            or (TokenUse.Id, null or "JWT", "ID")
            or (TokenUse.Logout, "logout+jwt", "Logout");
        return right ? null : "The token is of another kind.";
    }

    private string? TimeProblem(JsonElement claims)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds() / 1000d;
        return claims.Date("exp") is not { } expires ? "The token has no exp."
            : !(now < expires + SkewSeconds) ? "The token has expired."
            : claims.Date("nbf") is { } start && !(start <= now + SkewSeconds) ? "The token is not valid yet (nbf)."
            : claims.Date("iat") is { } issued && !(issued <= now + SkewSeconds) ? "The token was issued in the future (iat)."
            : null;
    }

    private string? ClaimsProblem(JsonElement claims, TokenUse use)
    {
        var realm = keycloak.CurrentValue;
        if (claims.Text("iss") != realm.Issuer) return "The token is another issuer's.";
        var audience = use == TokenUse.Access && access.CurrentValue.Audience is { Length: > 0 } api ? api : realm.ClientId;
        if (use != TokenUse.Session && !claims.Texts("aud").Contains(audience)) return "The token is for another audience.";
        return use switch
        {
            TokenUse.Session when claims.Text("azp") != realm.ClientId => "The token is another client's.",
            TokenUse.Id when !IsParty(claims, realm.ClientId) => "The token is another client's.",
            TokenUse.Logout => LogoutProblem(claims),
            _ => claims.Text("sub") is { Length: > 0 and <= LongestSubject } ? null : "The token names nobody (sub).",
        };
    }

    /// <summary>OpenID Connect Core 3.1.3.7, 4 and 5: <c>azp</c> is this client, and with several audiences it must be present.</summary>
    private static bool IsParty(JsonElement claims, string clientId) =>
        claims.TryGetProperty("azp", out _) ? claims.Text("azp") == clientId : claims.Texts("aud").Count == 1;

    /// <summary>Back-Channel Logout 1.0, sections 2.4 and 2.6.</summary>
    private static string? LogoutProblem(JsonElement claims)
    {
        if (claims.Date("iat") is null || string.IsNullOrEmpty(claims.Text("jti"))) return "The logout token has no iat or no jti.";
        if (claims.TryGetProperty("nonce", out _)) return "A logout token has no nonce.";
        if (!claims.TryGetProperty("events", out var events) || events.ValueKind != JsonValueKind.Object
            || !events.TryGetProperty(LogoutEvent, out var logout) || logout.ValueKind != JsonValueKind.Object) return "The token announces no logout.";
        var named = new[] { "sub", "sid" }.Where(name => claims.TryGetProperty(name, out _)).ToList();
        return named.Count > 0 && named.TrueForAll(name => claims.Text(name) is { Length: > 0 and <= LongestSubject })
            ? null : "The logout token names neither a session nor a user.";
    }
}
