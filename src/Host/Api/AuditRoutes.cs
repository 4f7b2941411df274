using System.Globalization;
using System.Text;
using BillingMonolith.Audit;
using BillingMonolith.Host.Access;
using FluentValidation;
using FluentValidation.Results;
using MediatR;

namespace BillingMonolith.Host.Api;

/// <summary>The audit log for administrators, in pages or as one CSV file.</summary>
internal static class AuditRoutes
{
    private const int ExportPage = 1000;

    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/admin/audit-log", ReadAsync).RequireAuthorization(Policies.Admin);

    private static async Task<IResult> ReadAsync([AsParameters] Asked asked, IMediator mediator, CancellationToken cancellationToken)
    {
        var query = asked.Query();
        if (asked.Format is "csv") return await ExportAsync(query, mediator, cancellationToken);
        if (asked.Format is not (null or "json")) throw new ValidationException([new ValidationFailure(nameof(asked.Format), "json or csv.")]);

        var page = await mediator.Send(query, cancellationToken);
        var next = page.HasMore ? Cursor.Of(new Position(page.Logs[^1].Id)) : null;
        return Results.Ok(new { page.Total, query.Offset, query.Limit, page.Logs, next_cursor = next });
    }

    // Page by page, so that the whole log needs neither this host's memory nor one long transaction. The first is read before the answer begins:
    // what is refused is refused as a problem.
    private static async Task<IResult> ExportAsync(ReadAuditLog query, IMediator mediator, CancellationToken cancellationToken)
    {
        query = query with { Limit = ExportPage, Offset = 0, WithTotal = false };
        var page = await mediator.Send(query, cancellationToken);
        return Results.Stream(async body =>
        {
            await using var csv = new StreamWriter(body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 16_384, leaveOpen: true);
            await csv.WriteAsync(Csv.Line("id", "timestamp", "user_id", "username", "ip_address", "user_agent", "action", "resource_type", "resource_id",
                "result", "error_message", "metadata", "cause"));
            while (true)
            {
                foreach (var log in page.Logs) await csv.WriteAsync(Line(log));
                if (!page.HasMore) return;
                page = await mediator.Send(query with { Before = page.Logs[^1].Id }, cancellationToken);
            }
        }, "text/csv; charset=utf-8", "audit-log.csv");
    }

    private static string Line(AuditLog log) => Csv.Line(
        log.Id.ToString(CultureInfo.InvariantCulture), log.Timestamp.ToString("O", CultureInfo.InvariantCulture),
        log.UserId, log.Username, log.IpAddress, log.UserAgent, log.Action, log.ResourceType, log.ResourceId, log.Result, log.ErrorMessage,
        log.Metadata.GetRawText(), log.Cause);

    internal sealed record Asked(string? User, string? Action, string? Resource, string? Result, string? Ip, DateTimeOffset? From, DateTimeOffset? To,
        int? Offset, int? Limit, string? Cursor, string? Format)
    {
        public ReadAuditLog Query()
        {
            var query = new ReadAuditLog
            {
                User = User, Action = Action, Resource = Resource, Result = Result, Ip = Ip, From = From, To = To,
                Before = Api.Cursor.Read<Position>(Cursor)?.Id,
                Offset = Offset ?? 0,
            };
            return Limit is { } limit ? query with { Limit = limit } : query;
        }
    }

    internal sealed record Position(long Id);
}
