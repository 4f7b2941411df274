using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>A client was told that a session has ended; status 0 = it gave no answer.</summary>
internal sealed record LogoutNotice(DateTimeOffset At, string ClientId, string Url, string SessionId, int Status);

/// <summary>Ends sessions and tells the clients: once each, no second try, and a client that does not answer delays the logout by five seconds.</summary>
internal sealed class BackchannelLogout(Realm realm) : IDisposable
{
    private const int TokenSeconds = 120;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });
    private readonly ConcurrentQueue<LogoutNotice> notices = new();

    /// <summary>Who was told, oldest first.</summary>
    public IReadOnlyList<LogoutNotice> Notices => [.. notices];

    public async Task EndAsync(UserSession session)
    {
        if (!realm.Sessions.Remove(session)) return;
        foreach (var id in session.Clients.Keys)
        {
            if (realm.Clients.Find(id) is { BackchannelLogoutUrl: { } url } client)
                notices.Enqueue(new LogoutNotice(realm.Time.GetUtcNow(), id, url, session.Id, await TellAsync(url, TokenFor(session, client))));
        }
    }

    public void Dispose() => http.Dispose();

    private string TokenFor(UserSession session, RealmClient client)
    {
        var now = realm.Time.GetUtcNow().ToUnixTimeSeconds();
        return realm.Keys.Sign(new JsonObject
        {
            ["exp"] = now + TokenSeconds,
            ["iat"] = now,
            ["jti"] = Guid.NewGuid().ToString(),
            ["iss"] = realm.Issuer,
            ["aud"] = client.Id,
            ["sub"] = session.UserId,
            ["typ"] = "Logout",
            ["sid"] = session.Id,
            ["events"] = new JsonObject { ["http://schemas.openid.net/event/backchannel-logout"] = new JsonObject() },
        }, new JsonObject { ["typ"] = "logout+jwt" });
    }

    private async Task<int> TellAsync(string url, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url);
        request.Content = new FormUrlEncodedContent([KeyValuePair.Create("logout_token", token)]);
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            using var response = await http.SendAsync(request, patience.Token);
            return (int)response.StatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            return 0;
        }
    }
}
