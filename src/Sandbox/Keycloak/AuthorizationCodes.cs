using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>Codes live a minute and buy tokens once.</summary>
internal sealed class AuthorizationCodes(TimeProvider time)
{
    private static readonly TimeSpan Lifespan = TimeSpan.FromSeconds(60);
    private readonly ConcurrentDictionary<string, Code> codes = new(StringComparer.Ordinal);

    public string Issue(Login login, AuthorizationRequest request)
    {
        var code = $"{Guid.NewGuid()}.{login.Session.Id}.{UserSession.Unguessable(18)}";
        codes[code] = new Code(login, request.RedirectUri, request.CodeChallenge, time.GetUtcNow() + Lifespan);
        return code;
    }

    /// <summary>The login of this code. Whoever brings it a second time may be a thief, or the robbed: then what the first one got is void too.</summary>
    public Login Redeem(RealmClient client, IFormCollection form)
    {
        if (string.IsNullOrEmpty(form["code"])) throw Refusal.Error(400, "invalid_request", "Missing parameter: code");
        if (!codes.TryGetValue(form["code"].ToString(), out var code)) throw Invalid("Code not valid");
        if (Interlocked.Increment(ref code.Uses) > 1)
        {
            code.Login.Session.Detach(code.Login.Client);
            throw Invalid("Code not valid");
        }

        if (time.GetUtcNow() >= code.Ends) throw Invalid("Code not valid");
        if (code.Login.Client.ClientId != client.Id) throw Invalid("Auth error");
        if (form["redirect_uri"] != code.RedirectUri) throw Invalid("Incorrect redirect_uri");
        CheckProof(code.Challenge, form["code_verifier"].ToString());
        return code.Login;
    }

    private static void CheckProof(string? challenge, string verifier)
    {
        if (challenge is null && verifier.Length == 0) return;
        if (challenge is null) throw Invalid("PKCE code verifier specified but challenge not present in authorization");
        if (verifier.Length == 0) throw Invalid("PKCE code verifier not specified");
        if (Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(verifier))) != challenge) throw Invalid("PKCE verification failed: Code mismatch");
    }

    private static Refusal Invalid(string description) => Refusal.Error(400, "invalid_grant", description);

    private sealed record Code(Login Login, string RedirectUri, string? Challenge, DateTimeOffset Ends)
    {
        public int Uses;
    }
}
