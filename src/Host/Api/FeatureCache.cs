using System.Text.Json;
using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using Dapper;
using MediatR;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Host.Api;

/// <summary>
/// This host's cache of users' features, as the bytes of its answers: for five minutes, and not beyond the end of grace. A change drops an entry with its
/// commit, by a notice; a change whose notice was lost is found in the log of changes within a poll. It serves from memory only while notices and polls work;
/// otherwise each answer comes from the database.
/// </summary>
internal sealed class FeatureCache(
    IServiceScopeFactory scopes, NpgsqlDataSource database, IOptions<JsonOptions> json, IOptions<InboxOptions> inbox, TimeProvider time)
{
    public const string Channel = "features";
    private const string Everybody = "*";
    private const int Most = 50_000;
    private static readonly TimeSpan Oldest = TimeSpan.FromMinutes(5);

    private readonly Lock change = new();
    private readonly Dictionary<string, Copy> copies = new(StringComparer.Ordinal);
    private readonly Queue<(string UserId, Copy Copy)> byAge = new();
    private bool hears;
    private long? lookedAt;
    private long? seenTo;

    public TimeSpan Poll => TimeSpan.FromSeconds(inbox.Value.PollSeconds);

    /// <summary>The answer for a user; from memory when nothing changed.</summary>
    public async Task<KeptAnswer> ReadAsync(string userId, CancellationToken cancellationToken) =>
        (await Current(userId).WaitAsync(cancellationToken)).Kept; // one read for all concurrent callers; it does not end with any of them

    /// <summary>
    /// A user's entitlement changed: the next caller reads anew, also when an earlier read is still under way. Null when
    /// notices come again, because some may have been missed.
    /// </summary>
    public void Drop(string? userId)
    {
        lock (change)
        {
            if (userId is null) hears = true;
            if (userId is null or Everybody) copies.Clear();
            else copies.Remove(userId);
        }
    }

    /// <summary>The connection is lost: no notices come.</summary>
    public void Disconnected()
    {
        lock (change) hears = false;
    }

    /// <summary>
    /// Drops the users that the log of changes names since the last poll. Its rows carry their transaction's number; rows below the oldest transaction
    /// that was open at the last poll were seen then, all others are read again.
    /// </summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var log = await connection.QuerySingleAsync<Log>(new CommandDefinition("""
            SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS Horizon,
                   ARRAY(SELECT DISTINCT user_id FROM identity_changes WHERE xact >= @since) AS Users
            """, new { since = seenTo ?? long.MaxValue }, cancellationToken: cancellationToken));
        if (seenTo is null) Drop(Everybody);
        foreach (var user in log.Users) Drop(user);
        seenTo = log.Horizon;
        lock (change) lookedAt = begun;
    }

    private Task<Answer> Current(string userId)
    {
        lock (change)
        {
            if (!hears || lookedAt is not { } looked || time.GetElapsedTime(looked) > Poll + TimeSpan.FromSeconds(2)) return LoadAsync(userId);
            if (!copies.TryGetValue(userId, out var copy) || !IsGood(copy))
                Keep(userId, copy = new Copy(time.GetTimestamp(), () => LoadAsync(userId)));
            return copy.Answer;
        }
    }

    private bool IsGood(Copy copy) => !copy.Answer.IsFaulted && time.GetElapsedTime(copy.Since) is var age && age < Oldest && age < copy.Lasts;

    // All live equally long, so the first in is the first out.
    private void Keep(string userId, Copy copy)
    {
        copies[userId] = copy;
        byAge.Enqueue((userId, copy));
        while (byAge.TryPeek(out var first) && (byAge.Count > Most || time.GetElapsedTime(first.Copy.Since) > Oldest))
        {
            byAge.Dequeue();
            if (copies.TryGetValue(first.UserId, out var kept) && kept == first.Copy) copies.Remove(first.UserId);
        }
    }

    private async Task<Answer> LoadAsync(string userId)
    {
        await using var scope = scopes.CreateAsyncScope();
        var read = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new ReadFeatures(userId), CancellationToken.None);
        var options = json.Value.SerializerOptions;
        // The tag leaves the time out, because a client that knows the rest needs no new answer.
        var tag = KeptAnswer.TagOf(JsonSerializer.SerializeToUtf8Bytes(read with { Lasts = null }, options));
        var body = JsonSerializer.SerializeToUtf8Bytes(new FeatureList(read.Features, read.PlanId, read.BillingPeriod, time.GetUtcNow().UtcDateTime), options);
        return new Answer(new KeptAnswer(body, tag), read.Lasts);
    }

    private sealed record Answer(KeptAnswer Kept, TimeSpan? Lasts);

    private sealed record Log
    {
        public long Horizon { get; init; }
        public required string[] Users { get; init; }
    }

    private sealed class Copy
    {
        private long lasts = TimeSpan.MaxValue.Ticks;

        public Copy(long since, Func<Task<Answer>> load)
        {
            Since = since;
            Answer = Task.Run(async () =>
            {
                var answer = await load();
                if (answer.Lasts is { } ends) Volatile.Write(ref lasts, ends.Ticks);
                return answer;
            });
        }

        public long Since { get; }
        public Task<Answer> Answer { get; }

        /// <summary>How long it is valid, once that is known.</summary>
        public TimeSpan Lasts => TimeSpan.FromTicks(Volatile.Read(ref lasts));
    }
}
