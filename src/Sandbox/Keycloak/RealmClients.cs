using System.Collections.Immutable;
using System.Net;
using System.Text;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>The realm's clients, and how they prove who they are.</summary>
internal sealed class RealmClients(params IEnumerable<RealmClient> seeded)
{
    private ImmutableDictionary<string, RealmClient> clients = seeded.ToImmutableDictionary(c => c.Id, StringComparer.Ordinal);

    public IEnumerable<RealmClient> All => clients.Values.OrderBy(c => c.Id, StringComparer.Ordinal);

    public RealmClient? Find(string? id) => clients.GetValueOrDefault(id ?? "");

    public void Change(string id, Func<RealmClient, RealmClient> change) =>
        ImmutableInterlocked.Update(ref clients, all => all.SetItem(id, change(all[id])));

    /// <summary>client_secret_basic (both parts form-encoded, RFC 6749 2.3.1) or client_secret_post; a public client says only its name.</summary>
    public RealmClient Authenticate(HttpRequest request, IFormCollection form)
    {
        var (id, secret) = (form["client_id"].ToString(), form["client_secret"].ToString());
        if (request.Headers.Authorization.ToString() is ['B', 'a', 's', 'i', 'c', ' ', .. var encoded])
        {
            var decoded = new byte[encoded.Length];
            var pair = Convert.TryFromBase64String(encoded, decoded, out var length) ? Encoding.UTF8.GetString(decoded, 0, length).Split(':', 2) : [];
            (id, secret) = pair is [var name, var word] ? (WebUtility.UrlDecode(name), WebUtility.UrlDecode(word)) : ("", "");
        }

        const string Description = "Invalid client or Invalid client credentials";
        var client = Find(id) ?? throw Refusal.Error(401, "invalid_client", Description);
        return client.IsPublic || secret == client.Secret ? client : throw Refusal.Error(401, "unauthorized_client", Description);
    }
}
