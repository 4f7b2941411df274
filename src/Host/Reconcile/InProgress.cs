using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using Dapper;
using Npgsql;

namespace BillingMonolith.Host.Reconcile;

/// <summary>
/// The users whom the inbox still works on, or for whom a step waits for a person. A difference there is no drift yet: it is known, and on its way or parked.
/// </summary>
internal sealed class InProgress(NpgsqlDataSource database)
{
    private const int Most = 2000;

    /// <summary>Reads the present state.</summary>
    public async Task<Standing> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var open = (await connection.QueryAsync<(string, byte[], string?)>(new CommandDefinition($"""
            SELECT e.id, e.payload, NULL FROM inbox_events e WHERE e.id IN (SELECT event_id FROM inbox_steps WHERE outcome IS NULL LIMIT {Most + 1})
            """, cancellationToken: cancellationToken))).AsList();
        var parked = await connection.QueryAsync<(string, byte[], string?)>(new CommandDefinition($"""
            SELECT e.id, e.payload, s.last_error FROM inbox_steps s JOIN inbox_events e ON e.id = s.event_id
            WHERE s.outcome = 'parked' ORDER BY s.completed_at DESC LIMIT {Most}
            """, cancellationToken: cancellationToken));
        return new Standing(open.Count > Most, [.. open.SelectMany(Subjects).Select(s => s.Subject)],
            parked.SelectMany(Subjects).GroupBy(s => s.Subject).ToDictionary(g => g.Key, g => g.First().Parked, StringComparer.Ordinal));
    }

    private static IEnumerable<(string Subject, ParkedWord Parked)> Subjects((string Id, byte[] Payload, string? Reason) step)
    {
        try
        {
            return new EventFacts(StripeEventReader.Read(step.Payload)).Subjects.Select(subject => (subject, new ParkedWord(step.Id, step.Reason ?? "")));
        }
        catch (StripeEventException)
        {
            return []; // it names no subject
        }
    }
}

/// <summary>A parked step, as far as it explains a difference.</summary>
internal sealed record ParkedWord(string EventId, string Reason);

/// <summary>The state of the inbox.</summary>
/// <param name="IsFlooded">So much is under way that no subject can be considered settled.</param>
/// <param name="Open">Users, customers and subscriptions whose events are being processed.</param>
/// <param name="Parked">Those for whom a step waits for a person.</param>
internal sealed record Standing(bool IsFlooded, HashSet<string> Open, IReadOnlyDictionary<string, ParkedWord> Parked)
{
    public bool IsOpen(params string?[] subjects) => IsFlooded || Array.Exists(subjects, s => s is not null && Open.Contains(s));

    public ParkedWord? ParkedFor(params string?[] subjects) =>
        subjects.OfType<string>().Select(s => Parked.GetValueOrDefault(s)).FirstOrDefault(p => p is not null);
}
