using System.Collections.Concurrent;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>Who is signed in.</summary>
internal sealed class UserSessions(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, UserSession> sessions = new(StringComparer.Ordinal);

    /// <summary>The living ones, newest first.</summary>
    public IReadOnlyList<UserSession> All => [.. sessions.Values.Where(s => !s.IsOver(time.GetUtcNow())).OrderByDescending(s => s.Started)];

    public UserSession Start(string userId)
    {
        var session = new UserSession(userId, time.GetUtcNow());
        sessions[session.Id] = session;
        return session;
    }

    public UserSession? Find(string? id) => sessions.TryGetValue(id ?? "", out var session) && !session.IsOver(time.GetUtcNow()) ? session : null;

    public UserSession? OfBrowser(string? key) => key is null ? null : All.FirstOrDefault(s => s.BrowserKey == key);

    /// <summary>False: somebody else ended it.</summary>
    public bool Remove(UserSession session) => sessions.TryRemove(KeyValuePair.Create(session.Id, session));
}
