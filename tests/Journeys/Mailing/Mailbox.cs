using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using BillingMonolith.Sandbox.Smtp;

namespace BillingMonolith.Journeys.Mailing;

/// <summary>What the journeys of mail share.</summary>
internal static class Mailbox
{
    /// <summary>A world with a mail server, where a lease is short.</summary>
    public static async Task<Journey> StartAsync(Cluster cluster, int hosts = 1, params (string Name, string? Value)[] settings)
    {
        Dictionary<string, string?> all = new(Shopping.Unlimited) { [Journey.WithMail.Key] = Journey.WithMail.Value, ["Inbox__PollSeconds"] = "1" };
        foreach (var (name, value) in settings) all[name] = value;
        return await Journey.StartAsync(cluster, hosts, all);
    }

    public static IReadOnlyList<ReceivedMail> Mails(this Journey journey) => journey.World.Mail.Messages;

    /// <summary>Everything that stands in the outbox: key, state and what went wrong.</summary>
    public static Task<List<(string Key, string State, string? Error)>> OutboxAsync(this Journey journey) => journey.RowsAsync<(string, string, string?)>("""
        SELECT key, CASE WHEN sent_at IS NOT NULL THEN 'sent' WHEN parked_at IS NOT NULL THEN 'parked' ELSE 'pending' END, last_error FROM outbox ORDER BY created_at, key
        """);

    /// <summary>No address and no password may be in any host's log.</summary>
    public static void LogsTellNobodysAddress(this Journey journey, params string[] secrets)
    {
        foreach (var line in journey.World.Hosts.SelectMany(h => h.Log))
            foreach (var secret in (string[])[Journey.Ada.Email, journey.World.Mail.Password, .. secrets]) line.ShouldNotContain(secret);
    }
}
