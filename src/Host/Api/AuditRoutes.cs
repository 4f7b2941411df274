using System.Globalization;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Http;
using BillingMonolith.SharedKernel;
using FluentValidation;
using FluentValidation.Results;
using MediatR;

namespace BillingMonolith.Host.Api;

/// <summary>The audit log for administrators, in pages or as one CSV file.</summary>
internal static class AuditRoutes
{
    private static readonly string[] Head =
    [
        "id", "timestamp", "user_id", "username", "ip_address", "user_agent", "action", "resource_type", "resource_id", "result", "error_message",
        "metadata", "cause",
    ];

    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/admin/audit-log", ReadAsync).RequireAuthorization(Policies.Admin)
        .WithName("readAuditLog").WithTags("Audit log").WithSummary("Who did what, when, with what result")
        .WithDescription("The latest first. All filters that are given must match. With `format=csv` the answer is one file of everything that matches.")
        .Produces<AuditLogPage>(StatusCodes.Status200OK, "application/json", "text/csv")
        .WithMetadata(new Example(Response: """
            {"total": 1, "offset": 0, "limit": 50, "logs": [{
              "id": 318, "timestamp": "2026-11-20T09:41:08.5Z", "user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "username": "anna",
              "ip_address": "203.0.113.7", "user_agent": "curl/8.14.1", "action": "credit.allocate", "resource_type": "grant",
              "resource_id": "admin:019aa0f2-6f0e-7bb1-8a53-5b1f0a4b6f5e", "result": "success", "error_message": null,
              "metadata": {"by": "0a6f1a3e-5b0e-4c7b-9a77-2f1c6d1e0001", "reason": "Goodwill for ticket 4711", "credits": 50},
              "cause": "4bf92f3577b34da6a3ce929d0e0e4736"}], "next_cursor": null}
            """));

    private static async Task<IResult> ReadAsync([AsParameters] Asked asked, IMediator mediator, CancellationToken cancellationToken)
    {
        var query = asked.Query();
        if (asked.Format is "csv") return await ExportAsync(query, mediator, cancellationToken);
        if (asked.Format is not (null or "json")) throw new ValidationException([new ValidationFailure(nameof(asked.Format), "json or csv.")]);

        var page = await mediator.Send(query, cancellationToken);
        var next = page.HasMore ? Cursor.Of(new Position(page.Logs[^1].Id)) : null;
        return TypedResults.Ok(new AuditLogPage(page.Total, query.Offset, query.Limit, page.Logs, next));
    }

    private static async Task<IResult> ExportAsync(ReadAuditLog query, IMediator mediator, CancellationToken cancellationToken)
    {
        query = query with { Limit = Csv.PageSize, Offset = 0, WithTotal = false };
        var first = await mediator.Send(query, cancellationToken);
        return Csv.File("audit-log.csv", Head, first, page => page.Logs.Select(Cells),
            async page => page.HasMore ? await mediator.Send(query with { Before = page.Logs[^1].Id }, cancellationToken) : null);
    }

    private static IEnumerable<string?> Cells(AuditLog log) =>
    [
        log.Id.ToString(CultureInfo.InvariantCulture), log.Timestamp.ToString("O", CultureInfo.InvariantCulture), log.UserId, log.Username, log.IpAddress,
        log.UserAgent, log.Action, log.ResourceType, log.ResourceId, log.Result, log.ErrorMessage, log.Metadata.GetRawText(), log.Cause,
    ];

    /// <summary>A page of the audit log.</summary>
    /// <param name="Total">All entries that match.</param>
    /// <param name="Offset">How many of them were skipped.</param>
    /// <param name="Limit">At most so many are on a page.</param>
    /// <param name="Logs">The entries, the latest first.</param>
    /// <param name="NextCursor">Send it as `cursor` for the next page; null on the last one.</param>
    internal sealed record AuditLogPage(long? Total, int Offset, int Limit, IReadOnlyList<AuditLog> Logs, string? NextCursor);

    /// <summary>The filters.</summary>
    /// <param name="User">The Keycloak user id that an entry concerns, or the username of the actor.</param>
    /// <param name="Action">The action, such as `credit.allocate`.</param>
    /// <param name="Resource">A kind of thing (`customer`), or one thing (`customer:cus_…`).</param>
    /// <param name="Result">`success`, `failure`, `error` or `denied`.</param>
    /// <param name="Ip">The address that the request came from.</param>
    /// <param name="From">From this time on.</param>
    /// <param name="To">Before this time.</param>
    /// <param name="Offset">Entries to skip, 0 to 100000; beyond that follow the cursor.</param>
    /// <param name="Limit">Entries per page, 1 to 1000; 50 by default.</param>
    /// <param name="Cursor">`next_cursor` of the previous page.</param>
    /// <param name="Format">`json`, or `csv` for one file of everything that matches.</param>
    internal sealed record Asked(string? User, string? Action, string? Resource, string? Result, string? Ip, DateTimeOffset? From, DateTimeOffset? To,
        int? Offset, int? Limit, string? Cursor, string? Format)
    {
        public ReadAuditLog Query()
        {
            var query = new ReadAuditLog
            {
                User = User, Action = Action, Resource = Resource, Result = Result, Ip = Ip, From = From, To = To,
                Before = Http.Cursor.Read<Position>(Cursor)?.Id,
                Offset = Offset ?? 0,
            };
            return Limit is { } limit ? query with { Limit = limit } : query;
        }
    }

    internal sealed record Position(long Id);
}
