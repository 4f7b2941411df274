using Microsoft.AspNetCore.WebUtilities;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>What a client asks of the authorization endpoint. Its errors go back to the client, but for those about where that is.</summary>
internal sealed record AuthorizationRequest(RealmClient Client, string RedirectUri, string? State, string Issuer)
{
    public string Scope { get; private init; } = "";
    public string? Nonce { get; private init; }
    public string? CodeChallenge { get; private init; }
    public string Prompt { get; private init; } = "";
    public string? LoginHint { get; private init; }

    public static AuthorizationRequest Read(Realm realm, IQueryCollection query)
    {
        string? Given(string name) => query[name] is [{ Length: > 0 } text] ? text : null;

        if (Given("client_id") is not { } id) throw Refusal.Page("Missing parameters: client_id");
        var client = realm.Clients.Find(id) ?? throw Refusal.Page("Client not found.");
        if (Given("redirect_uri") is not { } uri || !client.MayRedirectTo(uri)) throw Refusal.Page("Invalid parameter: redirect_uri");

        var request = new AuthorizationRequest(client, uri, Given("state"), realm.Issuer)
        {
            Nonce = Given("nonce"), CodeChallenge = Given("code_challenge"), Prompt = Given("prompt") ?? "", LoginHint = Given("login_hint"),
        };
        if (!client.StandardFlow) throw request.Refuse("unauthorized_client", "Standard flow is disabled for the client.");
        if (Given("response_type") is not { } type) throw request.Refuse("invalid_request", "Missing parameter: response_type");
        if (type != "code") throw request.Refuse("unsupported_response_type", $"Unsupported response_type: {type}");
        if ((Given("response_mode") ?? "query") != "query") throw request.Refuse("invalid_request", "Invalid parameter: response_mode");
        if (request.Prompt is not ("" or "none" or "login")) throw request.Refuse("invalid_request", "Invalid parameter: prompt");
        request.CheckProofKey(Given("code_challenge_method"));
        return request with { Scope = client.Grant(Given("scope")) ?? throw request.Refuse("invalid_scope", $"Invalid scopes: {Given("scope")}") };
    }

    /// <summary>Back to the client with these parameters; those without a value are left out.</summary>
    public IResult Answer(params IEnumerable<(string Name, string? Value)> answer) => Results.Redirect(QueryHelpers.AddQueryString(RedirectUri,
        answer.Prepend(("state", State)).Append(("iss", Issuer)).Where(p => p.Item2 is not null).Select(p => KeyValuePair.Create(p.Item1, p.Item2))));

    public Refusal Refuse(string error, string? description = null) => new(Answer(("error", error), ("error_description", description)));

    /// <summary>RFC 7636 with S256 only; a public client cannot do without.</summary>
    private void CheckProofKey(string? method)
    {
        if (method is null && CodeChallenge is null && !Client.IsPublic) return;
        if (method is null) throw Refuse("invalid_request", "Missing parameter: code_challenge_method");
        if (method != "S256") throw Refuse("invalid_request", "Invalid parameter: code challenge method is not matching the configured one");
        if (CodeChallenge is null) throw Refuse("invalid_request", "Missing parameter: code_challenge");
        if (CodeChallenge.Length is < 43 or > 128) throw Refuse("invalid_request", "Invalid parameter: code_challenge");
    }
}
