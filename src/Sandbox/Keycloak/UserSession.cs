using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>A person who is signed in, in one browser or by one password grant; its id is the claim <c>sid</c>.</summary>
internal sealed class UserSession(string userId, DateTimeOffset now)
{
    public static readonly TimeSpan Idle = TimeSpan.FromMinutes(30);
    public static readonly TimeSpan Longest = TimeSpan.FromHours(10);

    public string Id { get; } = Unguessable(18);
    public string UserId { get; } = userId;
    /// <summary>What the browser's cookie holds.</summary>
    public string BrowserKey { get; } = Unguessable(32);
    public DateTimeOffset Started { get; } = now;
    /// <summary>When the password was last given.</summary>
    public DateTimeOffset AuthenticatedAt { get; set; } = now;
    public DateTimeOffset SeenAt { get; set; } = now;
    /// <summary>Where the person is signed in: one client session per client.</summary>
    public ConcurrentDictionary<string, ClientSession> Clients { get; } = new(StringComparer.Ordinal);

    public ClientSession Attach(RealmClient client) => Clients.GetOrAdd(client.Id, id => new ClientSession(id));

    public bool Has(ClientSession client) => Clients.TryGetValue(client.ClientId, out var attached) && attached == client;

    /// <summary>Ends what this client got; the person stays signed in elsewhere.</summary>
    public void Detach(ClientSession client) => Clients.TryRemove(KeyValuePair.Create(client.ClientId, client));

    public bool IsOver(DateTimeOffset at) => at - SeenAt >= Idle || at - Started >= Longest;

    /// <summary>Seconds until it ends when nobody comes.</summary>
    public int ExpiresIn(DateTimeOffset at)
    {
        var left = Started + Longest - at;
        return (int)(left < Idle ? left : Idle).TotalSeconds;
    }

    public static string Unguessable(int bytes) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bytes));
}

/// <summary>A client's part of a session. Compared by reference: once detached it never comes back, though the client may.</summary>
internal sealed class ClientSession(string clientId)
{
    public string ClientId { get; } = clientId;
}

/// <summary>What a client has from a login: everything that its tokens say beside the user.</summary>
internal sealed record Login(UserSession Session, ClientSession Client, string Scope, string Acr, string? Nonce = null)
{
    public bool IsOpenId => Scope.Split(' ').Contains("openid");
}
