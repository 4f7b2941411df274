using BillingMonolith.Journeys.Kit;
using Dapper;

namespace BillingMonolith.Journeys.Subscriptions;

/// <summary>What a user has by his subscriptions, decided in the database: statuses, grace, several at once.</summary>
public sealed class EntitlementTests(Cluster cluster)
{
    // Each user's subscriptions: tier status hours-unpaid days-since-start. Starter and professional have seven days of grace, enterprise fourteen.
    private static readonly (string Subscriptions, string Has)[] Cases =
    [
        ("", "free none"),
        ("starter active 0 1", "starter full active"),
        ("starter trialing 0 1", "starter full trialing"),
        ("starter unpaid 0 1", "free none unpaid"),
        ("starter paused 0 1", "free none paused"),
        ("starter incomplete 0 1", "free none incomplete"),
        ("starter incomplete_expired 0 1", "free none incomplete_expired"),
        ("starter canceled 0 1", "free none canceled"),
        ("starter something_new 0 1", "free none something_new"),
        ("starter past_due 0 40", "starter grace past_due"),
        ("starter past_due 167 40", "starter grace past_due"),
        ("starter past_due 168 40", "free none past_due"),
        ("enterprise past_due 335 40", "enterprise grace past_due"),
        ("enterprise past_due 337 40", "free none past_due"),
        ("free active 0 1", "free full active"),
        ("unheard-of active 0 1", "unheard-of full active"), // a tier that nobody described
        ("unheard-of past_due 167 1", "unheard-of grace past_due"),
        ("starter active 0 1, enterprise active 0 9", "enterprise full active"), // the highest, not the newest
        ("starter active 0 1, enterprise past_due 24 9", "enterprise grace past_due"),
        ("starter active 0 1, enterprise past_due 800 9", "starter full active"),
        ("starter active 0 9, enterprise canceled 0 1", "starter full active"),
        ("professional past_due 24 1, founders-friend active 0 9", "founders-friend full active"), // of one rank: who pays
        ("professional active 0 1, founders-friend active 0 9", "professional full active"), // then the newest
        ("starter past_due 800 9, starter canceled 0 1", "free none past_due"), // of what gives nothing: what may be mended
        ("starter canceled 0 9, enterprise unpaid 0 1", "free none unpaid"),
    ];

    [Fact]
    public async Task Status_grace_and_rank_decide_and_nothing_else()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        await using var connection = await journey.Db.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync(); // in which time stands still
        var found = new List<(string, string)>();
        foreach (var (subscriptions, _) in Cases)
        {
            var parts = subscriptions.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select((text, i) => (Words: text.Split(' '), Id: $"sub_{i}")).ToArray();
            await connection.ExecuteAsync("""
                DELETE FROM identity_subscriptions;
                INSERT INTO identity_subscriptions (subscription_id, user_id, customer_id, tier_id, status, past_due_since, start_date, as_of, as_of_rank)
                SELECT id, 'u', 'c', tier, status, CASE status WHEN 'past_due' THEN now() - hours * interval '1 hour' END, now() - days * interval '1 day', now(), 1
                FROM unnest(@ids, @tiers, @statuses, @hours, @days) AS s (id, tier, status, hours, days)
                """,
                new
                {
                    ids = parts.Select(p => p.Id).ToArray(), tiers = parts.Select(p => p.Words[0]).ToArray(), statuses = parts.Select(p => p.Words[1]).ToArray(),
                    hours = parts.Select(p => int.Parse(p.Words[2], null)).ToArray(), days = parts.Select(p => int.Parse(p.Words[3], null)).ToArray(),
                });
            found.Add((subscriptions, (await connection.ExecuteScalarAsync<string>("SELECT concat_ws(' ', tier_id, standing, status) FROM identity_entitlement('u')"))!));
        }

        found.ShouldBe(Cases);
        await connection.ExecuteAsync("UPDATE billing_clock SET ahead = '8 days'");
        (await connection.ExecuteScalarAsync<int>("SELECT count(*) FROM identity_changes WHERE user_id = '*'")).ShouldBe(1, "the calendar moved for everybody");
    }
}
