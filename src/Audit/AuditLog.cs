using System.Net;
using System.Text.Json;
using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Audit;

/// <summary>Reads the audit log, newest first. Every filter may be absent; those that are there must all match.</summary>
public sealed record ReadAuditLog : IRequest<AuditPage>
{
    /// <summary>The Keycloak user id whom an entry concerns, or the name of who did it.</summary>
    public string? User { get; init; }
    /// <summary>What was done: <c>credit.allocate</c>.</summary>
    public string? Action { get; init; }
    /// <summary>A kind of thing (<c>customer</c>), or one thing (<c>customer:cus_…</c>).</summary>
    public string? Resource { get; init; }
    /// <summary><c>success</c>, <c>failure</c>, <c>error</c> or <c>denied</c>.</summary>
    public string? Result { get; init; }
    /// <summary>The address from which it was asked.</summary>
    public string? Ip { get; init; }
    /// <summary>From this time on.</summary>
    public DateTimeOffset? From { get; init; }
    /// <summary>Before this time.</summary>
    public DateTimeOffset? To { get; init; }
    /// <summary>Entries older than this one (its id), where a page before ended.</summary>
    public long? Before { get; init; }
    /// <summary>How many entries to skip; better: <see cref="Before"/>.</summary>
    public int Offset { get; init; }
    /// <summary>At most so many entries.</summary>
    public int Limit { get; init; } = 50;
    /// <summary>Whether to count what matches, which reads it all.</summary>
    public bool WithTotal { get; init; } = true;
}

/// <summary>A page of the audit log.</summary>
/// <param name="Total">All entries that match, or null when nobody asked.</param>
/// <param name="Logs">Newest first.</param>
/// <param name="HasMore">Whether older ones follow.</param>
public sealed record AuditPage(long? Total, IReadOnlyList<AuditLog> Logs, bool HasMore);

/// <summary>An entry of the audit log.</summary>
/// <param name="Id">Newer entries have greater ones.</param>
/// <param name="Timestamp">When it was done.</param>
/// <param name="UserId">The user whom it concerns.</param>
/// <param name="Username">Who did it; null when nobody asked and an event caused it.</param>
/// <param name="IpAddress">Where the request came from.</param>
/// <param name="UserAgent">With what it was sent.</param>
/// <param name="Action">What was done, such as `credit.allocate`.</param>
/// <param name="ResourceType">The kind of thing that it was done to.</param>
/// <param name="ResourceId">The thing's id in its own system.</param>
/// <param name="Result">`success`, `failure`, `error` or `denied`.</param>
/// <param name="ErrorMessage">What went wrong; null on success.</param>
/// <param name="Metadata">Facts that belong to the action.</param>
/// <param name="Cause">The Stripe event, or the trace id of the request, that led to it.</param>
public sealed record AuditLog(long Id, DateTime Timestamp, string? UserId, string? Username, string? IpAddress, string? UserAgent, string Action,
    string ResourceType, string ResourceId, string Result, string? ErrorMessage, JsonElement Metadata, string Cause);

internal sealed class ReadAuditLogValidator : AbstractValidator<ReadAuditLog>
{
    private static readonly string[] Results = [.. Enum.GetNames<AuditResult>().Select(r => r.ToLowerInvariant())];

    public ReadAuditLogValidator()
    {
        RuleFor(q => q.Result).Must(r => r is null || Results.Contains(r)).WithMessage($"One of {string.Join(", ", Results)}.");
        RuleFor(q => q.Ip).Must(ip => ip is null || IPAddress.TryParse(ip, out _)).WithMessage("An IP address.");
        RuleFor(q => q.Limit).InclusiveBetween(1, 1000).WithMessage("1 to 1000.");
        RuleFor(q => q.Offset).InclusiveBetween(0, 100_000).WithMessage("0 to 100000; beyond that, follow the cursor.");
        RuleFor(q => q.To).Must((q, to) => q.From is null || to is null || q.From < to).WithMessage("Later than from.");
    }
}

internal sealed class ReadAuditLogHandler(NpgsqlDataSource database) : IRequestHandler<ReadAuditLog, AuditPage>
{
    public async Task<AuditPage> Handle(ReadAuditLog query, CancellationToken cancellationToken)
    {
        var conditions = Conditions(query).ToList();
        var parameters = new
        {
            query.User,
            query.Action,
            ResourceType = query.Resource?.Split(':', 2)[0],
            ResourceId = query.Resource?.Split(':', 2)[^1],
            query.Result,
            query.Ip,
            From = query.From?.UtcDateTime,
            To = query.To?.UtcDateTime,
            query.Before,
            query.Offset,
            Take = query.Limit + 1,
            Reach = query.Offset + query.Limit + 1,
        };
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        long? total = query.WithTotal
            ? await connection.ExecuteScalarAsync<long>(new CommandDefinition(
                $"SELECT count(*) FROM audit_logs WHERE {All(conditions.Append(Either(query)))}", parameters, cancellationToken: cancellationToken))
            : null;
        var rows = (await connection.QueryAsync<Row>(new CommandDefinition($"""
            SELECT id, timestamp, user_id AS UserId, username, host(ip_address) AS IpAddress, user_agent AS UserAgent, action,
                   resource_type AS ResourceType, resource_id AS ResourceId, result, error_message AS ErrorMessage, metadata, cause
            FROM ({Page(query, conditions)}) AS page ORDER BY id DESC LIMIT @Take OFFSET @Offset
            """, parameters, cancellationToken: cancellationToken))).AsList();
        return new AuditPage(total, [.. rows.Take(query.Limit).Select(r => r.Read())], rows.Count > query.Limit);
    }

    // Who is asked for is read from two indexes, as an id and as a name, and put together; what has an index of its own is read in that one's order.
    private static string Page(ReadAuditLog query, List<string> conditions)
    {
        if (query.Before is not null) conditions.Add("id < @Before");
        var order = query.User is not null || query.Action is not null || query.Ip is not null || IsOneThing(query) ? "id DESC NULLS LAST" : "id DESC";
        string Read(string set) => $"(SELECT * FROM audit_logs WHERE {All(conditions.Append(set))} ORDER BY {order} LIMIT @Reach)";
        return query.User is null
            ? Read("true")
            : $"{Read("user_id = @User")} UNION ALL {Read("username = @User AND user_id IS DISTINCT FROM @User")}";
    }

    private static string Either(ReadAuditLog query) => query.User is null ? "true" : "(user_id = @User OR username = @User)";

    private static string All(IEnumerable<string> conditions) => string.Join(" AND ", conditions);

    private static bool IsOneThing(ReadAuditLog query) => query.Resource?.Contains(':', StringComparison.Ordinal) is true;

    // Only what is asked stands in the statement, so that each has a plan, and an index, of its own.
    private static IEnumerable<string> Conditions(ReadAuditLog query)
    {
        if (query.Action is not null) yield return "action = @Action";
        if (query.Resource is not null) yield return "resource_type = @ResourceType";
        if (IsOneThing(query)) yield return "resource_id = @ResourceId";
        if (query.Result is not null) yield return "result = @Result";
        if (query.Ip is not null) yield return "ip_address = @Ip::inet";
        if (query.From is not null) yield return "timestamp >= @From";
        if (query.To is not null) yield return "timestamp < @To";
    }

    private sealed record Row(long Id, DateTime Timestamp, string? UserId, string? Username, string? IpAddress, string? UserAgent, string Action,
        string ResourceType, string ResourceId, string Result, string? ErrorMessage, string Metadata, string Cause)
    {
        public AuditLog Read() => new(Id, Timestamp, UserId, Username, IpAddress, UserAgent, Action, ResourceType, ResourceId, Result, ErrorMessage,
            JsonElement.Parse(Metadata), Cause);
    }
}
