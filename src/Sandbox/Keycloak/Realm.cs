namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>The realm that the endpoints share.</summary>
internal sealed class Realm(string name, TimeProvider time, RealmClients clients, Func<string> baseUrl)
{
    public string Name => name;
    public string BaseUrl => baseUrl();
    public string Issuer => $"{baseUrl()}/realms/{name}";
    public TimeProvider Time => time;
    public RealmClients Clients => clients;
    public UserStore Users { get; } = new(time);
    public UserSessions Sessions { get; } = new(time);
    public RealmKeys Keys { get; } = new();

    /// <summary>The roles of the client realm-management that the service account has.</summary>
    public IReadOnlyList<string> ServiceRoles { get; set; } = ["view-users", "manage-users", "view-realm", "manage-realm", "view-clients", "manage-clients"];

    /// <summary>The realm's own roles.</summary>
    public List<string> Roles { get; } = ["billing-admin", "billing-operator", "offline_access", "uma_authorization"];
}
