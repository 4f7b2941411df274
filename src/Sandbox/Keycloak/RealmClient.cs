using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>A client of the realm, as its settings page has it. Without a secret it is public, and must use PKCE.</summary>
internal sealed record RealmClient(string Id, string? Secret)
{
    public bool IsPublic => Secret is null;
    public bool StandardFlow { get; init; }
    public bool DirectAccessGrants { get; init; }
    public bool ServiceAccount { get; init; }
    /// <summary>Its service account has roles of the client realm-management, and so may call the Admin REST API.</summary>
    public bool ManagesRealm { get; init; }
    public string ServiceAccountId { get; } = Guid.NewGuid().ToString();
    /// <summary>What paths of the Admin REST API call it.</summary>
    public string Uuid { get; } = Guid.NewGuid().ToString();
    public ImmutableArray<JsonObject> Mappers { get; init; } = [];
    /// <summary>Exact, or a beginning that ends with <c>*</c>.</summary>
    public ImmutableArray<string> RedirectUris { get; init; } = [];
    public ImmutableArray<string> PostLogoutRedirectUris { get; init; } = [];
    /// <summary>With <c>backchannel.logout.session.required</c>: the logout token names the session.</summary>
    public string? BackchannelLogoutUrl { get; init; }
    /// <summary>What its audience mappers add to its access tokens.</summary>
    public ImmutableArray<string> Audiences { get; init; } = [];
    /// <summary>Its default client scopes beyond profile and email.</summary>
    public ImmutableArray<string> Scopes { get; init; } = [];

    public bool MayRedirectTo(string? uri) => Allows(RedirectUris, uri);

    public bool MayRedirectAfterLogoutTo(string? uri) => Allows(PostLogoutRedirectUris, uri);

    /// <summary>The same client, reached at one more origin; Keycloak knows one back-channel address per client, so it is the last one.</summary>
    public RealmClient At(string origin) => this with
    {
        RedirectUris = RedirectUris.Add($"{origin}/signin-oidc"),
        PostLogoutRedirectUris = PostLogoutRedirectUris.Add($"{origin}/*"),
        BackchannelLogoutUrl = $"{origin}/backchannel-logout",
    };

    /// <summary>The scope that a request gets, or null when it asks for one that the client does not have.</summary>
    public string? Grant(string? asked)
    {
        string[] names = (asked ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] defaults = [.. Scopes, "email", "profile"];
        if (names.Except([.. defaults, "openid", "roles", "basic", "acr", "web-origins"]).Any()) return null;
        return string.Join(' ', names.Contains("openid") ? ["openid", .. defaults] : defaults);
    }

    private static bool Allows(ImmutableArray<string> patterns, string? uri) =>
        Uri.TryCreate(uri, UriKind.Absolute, out var parsed) && parsed is { UserInfo: "", Fragment: "" } && !uri.Contains("..", StringComparison.Ordinal)
        && patterns.Any(p => p.EndsWith('*') ? uri.StartsWith(p[..^1], StringComparison.Ordinal) : uri == p);
}

/// <summary>Who may ask for tokens beside the service itself.</summary>
internal static class DemoClients
{
    public const string Shop = "shop";
    public const string Crm = "crm";
    public const string CrmSecret = "crm-client-secret-of-the-sandbox";
    public const string GrantScope = "billing:grants";
    public const string ConsumeScope = "billing:consume";
    public const string FeaturesScope = "billing:features";

    /// <summary>The service: browsers log in with it, and its service account manages users.</summary>
    public static RealmClient Service(string id, string secret) => new(id, secret) { StandardFlow = true, ServiceAccount = true, ManagesRealm = true };

    /// <summary>A single-page shop that calls the service's API for its user.</summary>
    public static RealmClient ShopFor(string service) => new(Shop, null)
    {
        StandardFlow = true,
        DirectAccessGrants = true,
        RedirectUris = ["http://127.0.0.1:*"],
        PostLogoutRedirectUris = ["http://127.0.0.1:*"],
        Audiences = [service],
    };

    /// <summary>Another service, which may grant and spend credits.</summary>
    public static RealmClient CrmFor(string service) =>
        new(Crm, CrmSecret) { ServiceAccount = true, Audiences = [service], Scopes = [GrantScope, ConsumeScope, FeaturesScope] };
}
