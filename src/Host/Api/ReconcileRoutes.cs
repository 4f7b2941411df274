using System.ComponentModel;
using System.Globalization;
using System.Net;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using BillingMonolith.Host.Reconcile;
using BillingMonolith.SharedKernel;
using FluentValidation;
using FluentValidation.Results;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace BillingMonolith.Host.Api;

/// <summary>Runs of the reconciler with their findings, and the start of a new one.</summary>
internal static class ReconcileRoutes
{
    private const int DefaultLimit = 50;

    private const string Run = """
        {"id": 7, "since": "2026-11-14T03:00:00Z", "until": "2026-11-21T02:58:00Z", "apply": false, "force": false, "asked_by": "schedule",
          "owner": "host-1/4711", "state": "done", "phase": "repair", "cursor": null,
          "fence": 1, "events": 1840, "missing": 3, "compared": 412, "in_progress": 0, "message": null,
          "started_at": "2026-11-21T03:00:00Z", "ended_at": "2026-11-21T03:01:12Z"}
        """;

    private static readonly Refuses Unknown = new(404, "run-not-found");

    public static void Map(IEndpointRouteBuilder api)
    {
        var runs = api.MapGroup("/admin/reconcile").RequireAuthorization(Policies.Operator).WithTags("Reconcile");
        runs.MapGet("/runs", ListAsync).WithName("listReconcileRuns").WithSummary("Runs of the reconciler")
            .WithDescription("Each has looked for events that were missed and for drift between Stripe, the database, Lago and Keycloak; the latest first.")
            .WithMetadata(new Example(Response: $$"""{"runs": [{{Run}}], "limit": 50, "next_cursor": null}"""));
        runs.MapGet("/runs/{id}", ReadAsync).WithName("readReconcileRun").WithSummary("What a run found")
            .WithDescription("Where a system does not say what it should, why that may be, and what mends it.")
            .WithMetadata(Unknown, new Example(Response: """
                {"run_id": 7, "state": "done", "apply": false, "missing": 3, "compared": 412, "message": null,
                  "findings": [{"kind": "lago-plan", "system": "lago", "subject": "sub_1Sg8Ck",
                  "user_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "have": "active on 'enterprise'", "want": "active on 'professional'",
                  "cause": "The plan was changed by hand in Lago, or an event was missed.",
                  "remedy": "reconcile --apply", "mendable": true, "state": "open", "note": null}], "limit": 50, "next_cursor": null}
                """));
        runs.MapPost("/runs", StartAsync).RequireAuthorization(Policies.Admin).WithName("startReconcileRun").WithSummary("Reconcile now")
            .WithDescription("Begins in the background; look at it by its id. Missed events are taken in always, drift is repaired only with `apply`.")
            .WithMetadata(new Refuses(409, "reconcile-running"), new Example("""{"since_days": 7, "apply": false}""", Accepted: Run));
    }

    private static async Task<Ok<RunPage>> ListAsync(
        IMediator mediator,
        [Description("Runs per page, 1 to 200; 50 without it.")] int? limit,
        [Description("`next_cursor` of the page before.")] string? cursor,
        CancellationToken cancellationToken)
    {
        var query = new ReadReconcileRuns(limit ?? DefaultLimit, Cursor.Read<RunPosition>(cursor)?.Id);
        var found = await mediator.Send(query, cancellationToken);
        return TypedResults.Ok(new RunPage(found, query.Limit, found.Count < query.Limit ? null : Cursor.Of(new RunPosition(found[^1].Id))));
    }

    private static async Task<Ok<FindingPage>> ReadAsync(
        IMediator mediator,
        [Description("The run's id.")] string id,
        [Description("Findings per page, 1 to 200; 50 without it.")] int? limit,
        [Description("`next_cursor` of the page before.")] string? cursor,
        CancellationToken cancellationToken)
    {
        var run = long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (await mediator.Send(new ReadReconcileRuns(1, Before: null, number), cancellationToken)).SingleOrDefault() : null;
        if (run is null) throw new RefusalException(HttpStatusCode.NotFound, Unknown.Error, $"There is no run '{id}', or it is older than 90 days.");
        var query = new ReadFindings(run.Id, limit ?? DefaultLimit, Cursor.Read<FindingPosition>(cursor));
        var found = await mediator.Send(query, cancellationToken);
        var next = found.Count < query.Limit ? null : Cursor.Of(new FindingPosition(found[^1].Subject, found[^1].Kind));
        return TypedResults.Ok(new FindingPage(run.Id, run.State, run.Apply, run.Missing, run.Compared, run.Message, found, query.Limit, next));
    }

    private static async Task<Accepted<ReconcileRun>> StartAsync(
        ScheduledReconcile reconcile, HttpContext context, NewRun wanted, CancellationToken cancellationToken)
    {
        if (wanted.SinceDays is < 1 or > ReconcileOptions.MostDays)
            throw new ValidationException([new ValidationFailure(nameof(NewRun.SinceDays), "1 to 30: Stripe lists no older events.")]);
        var request = new ReconcileRequest(TimeSpan.FromDays(wanted.SinceDays), wanted.Apply, Force: false, context.User.Username ?? context.User.UserId!);
        var run = await reconcile.BeginAsync(request, cancellationToken);
        return TypedResults.Accepted(string.Create(CultureInfo.InvariantCulture, $"{ApiV1.Prefix}/admin/reconcile/runs/{run.Id}"), run);
    }

    /// <summary>The last run of a page.</summary>
    internal sealed record RunPosition(long Id);

    /// <summary>A page of runs.</summary>
    /// <param name="Runs">The latest first.</param>
    /// <param name="Limit">At most so many are on a page.</param>
    /// <param name="NextCursor">Send it as `cursor` for the next page; null on the last one.</param>
    internal sealed record RunPage(IReadOnlyList<ReconcileRun> Runs, int Limit, string? NextCursor);

    /// <summary>A run and a page of its findings.</summary>
    /// <param name="RunId">The run.</param>
    /// <param name="State">`running`, `done`, `refused` (too much would change), `failed` or `abandoned`.</param>
    /// <param name="Apply">Whether drift is repaired.</param>
    /// <param name="Missing">The number of missing events, which were stored.</param>
    /// <param name="Compared">The number of compared subscriptions and users.</param>
    /// <param name="Message">The reason for its end.</param>
    /// <param name="Findings">By subject.</param>
    /// <param name="Limit">At most so many are on a page.</param>
    /// <param name="NextCursor">Send it as `cursor` for the next page; null on the last one.</param>
    internal sealed record FindingPage(
        long RunId, string State, bool Apply, long Missing, long Compared, string? Message, IReadOnlyList<Finding> Findings, int Limit, string? NextCursor);

    /// <summary>The options of a run.</summary>
    /// <param name="SinceDays">The number of days of Stripe's events to read, 1 to 30.</param>
    /// <param name="Apply">Whether drift is repaired.</param>
    internal sealed record NewRun(int SinceDays, bool Apply);
}
