using System.Net;
using System.Text.Json;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.SharedKernel;

/// <summary>Reads the audit log, newest first. Every filter is optional; all given filters must match.</summary>
public sealed record ReadAuditLog : IRequest<AuditPage>
{
    /// <summary>The Keycloak user id that an entry concerns, or the name of the actor.</summary>
    public string? User { get; init; }
    /// <summary>The action: <c>credit.allocate</c>.</summary>
    public string? Action { get; init; }
    /// <summary>A kind of thing (<c>customer</c>), or one thing (<c>customer:cus_…</c>).</summary>
    public string? Resource { get; init; }
    /// <summary><c>success</c>, <c>failure</c>, <c>error</c> or <c>denied</c>.</summary>
    public string? Result { get; init; }
    /// <summary>The address that the request came from.</summary>
    public string? Ip { get; init; }
    /// <summary>From this time on.</summary>
    public DateTimeOffset? From { get; init; }
    /// <summary>Before this time.</summary>
    public DateTimeOffset? To { get; init; }
    /// <summary>Entries older than this one (its id), the end of the previous page.</summary>
    public long? Before { get; init; }
    /// <summary>How many entries to skip; better: <see cref="Before"/>.</summary>
    public int Offset { get; init; }
    /// <summary>At most so many entries.</summary>
    public int Limit { get; init; } = 50;
    /// <summary>Whether to count all matches, which reads them all.</summary>
    public bool WithTotal { get; init; } = true;
}

/// <summary>A page of the audit log.</summary>
/// <param name="Total">All entries that match, or null when no count was requested.</param>
/// <param name="Logs">Newest first.</param>
/// <param name="HasMore">Whether older ones follow.</param>
public sealed record AuditPage(long? Total, IReadOnlyList<AuditLog> Logs, bool HasMore);

/// <summary>An entry of the audit log.</summary>
/// <param name="Id">Newer entries have greater ones.</param>
/// <param name="Timestamp">When it was done.</param>
/// <param name="UserId">The user whom it concerns.</param>
/// <param name="Username">The actor; null when an event caused it and nobody requested it.</param>
/// <param name="IpAddress">The address that the request came from.</param>
/// <param name="UserAgent">The user agent.</param>
/// <param name="Action">The action, such as `credit.allocate`.</param>
/// <param name="ResourceType">The kind of thing concerned.</param>
/// <param name="ResourceId">The thing's id in its own system.</param>
/// <param name="Result">`success`, `failure`, `error` or `denied`.</param>
/// <param name="ErrorMessage">The error message; null on success.</param>
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

internal sealed class ReadAuditLogHandler(IDbContextFactory<AuditContext> contexts) : IRequestHandler<ReadAuditLog, AuditPage>
{
    public async Task<AuditPage> Handle(ReadAuditLog query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var page = new PageSql("audit_logs");
        Ask(page, query);
        long? total = query.WithTotal ? await page.All(db.Logs, Either(query)).LongCountAsync(cancellationToken) : null;
        if (query.Before is { } before) page.Where($"id < {before}");

        // A user is read from two indexes, by id and by name, and the results are merged; a filter with an index of its own is read in that index's order.
        IReadOnlyList<FormattableString> sets = query.User is null
            ? [] : [$"user_id = {query.User}", $"username = {query.User} AND user_id IS DISTINCT FROM {query.User}"];
        var order = query.User is not null || query.Action is not null || query.Ip is not null || IsOneThing(query) ? "id DESC NULLS LAST" : "id DESC";
        var rows = await page.Of(db.Logs, sets, order, query.Limit + 1, query.Offset).ToListAsync(cancellationToken);
        return new AuditPage(total, [.. rows.Take(query.Limit)], rows.Count > query.Limit);
    }

    private static FormattableString Either(ReadAuditLog query)
    {
        if (query.User is null) return $"true";
        return $"(user_id = {query.User} OR username = {query.User})";
    }

    private static bool IsOneThing(ReadAuditLog query) => query.Resource?.Contains(':', StringComparison.Ordinal) is true;

    private static void Ask(PageSql page, ReadAuditLog query)
    {
        if (query.Action is not null) page.Where($"action = {query.Action}");
        if (query.Resource?.Split(':', 2) is { } resource)
        {
            page.Where($"resource_type = {resource[0]}");
            if (IsOneThing(query)) page.Where($"resource_id = {resource[1]}");
        }

        if (query.Result is not null) page.Where($"result = {query.Result}");
        if (query.Ip is not null) page.Where($"ip_address = {query.Ip}::inet");
        if (query.From is not null) page.Where($"timestamp >= {query.From.Value.UtcDateTime}");
        if (query.To is not null) page.Where($"timestamp < {query.To.Value.UtcDateTime}");
    }
}

/// <summary>The audit log, read only: the unit of work writes its rows, in one statement.</summary>
internal sealed class AuditContext(DbContextOptions<AuditContext> options) : RoomContext(options)
{
    public DbSet<AuditLog> Logs => Set<AuditLog>();
}

internal sealed class AuditLogConfiguration : IEntityTypeConfiguration<AuditLog>
{
    public void Configure(EntityTypeBuilder<AuditLog> log)
    {
        log.ToTable("audit_logs");
        log.Property(l => l.IpAddress).HasColumnType("inet").HasConversion(text => IPAddress.Parse(text!), address => address.ToString());
    }
}
