using System.Collections.Concurrent;
using BillingMonolith.Billing;
using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.Extensions.Options;
using Stripe;

namespace BillingMonolith.Host.Reconcile;

/// <summary>The phases that compare, a page at a time: several subjects at once, each in a scope of its own; findings are stored with the position.</summary>
internal sealed class Comparing(
    IServiceScopeFactory scopes, ReconcileRuns runs, Findings findings, InProgress inbox, Pace pace, IOptions<ReconcileOptions> options)
{
    private const int PageSize = 100;

    /// <summary>Compares a page; returns the position of the run, and whether there are more.</summary>
    public async Task<(ReconcileRun Run, bool HasMore)> PageAsync(ReconcileRun run, CancellationToken cancellationToken)
    {
        var (subjects, cursor, more) = await SubjectsAsync(run, cancellationToken);
        var fresh = (await findings.NewAsync(run.Id, subjects.Select(s => s.Id), cancellationToken)).ToHashSet(StringComparer.Ordinal);
        var todo = subjects.Where(s => fresh.Contains(s.Id)).DistinctBy(s => s.Id).ToList();
        // Before anything is compared, because work in progress at that time may show in one system and not yet in the other.
        var standing = todo.Count > 0 ? await inbox.ReadAsync(cancellationToken) : null;
        var found = new ConcurrentBag<Finding>();
        await Parallel.ForEachAsync(todo, new ParallelOptions { MaxDegreeOfParallelism = options.Value.Parallel, CancellationToken = cancellationToken },
            async (subject, token) =>
            {
                await using var scope = scopes.CreateAsyncScope();
                var comparison = scope.ServiceProvider.GetRequiredService<Comparison>();
                foreach (var finding in await subject.CompareAsync(comparison, standing!, token)) found.Add(finding);
            });

        var (drift, open) = await SettledAsync([.. found], standing, cancellationToken);
        await using var commit = scopes.CreateAsyncScope();
        var work = commit.ServiceProvider.GetRequiredService<UnitOfWork>();
        var connection = await work.OpenAsync(cancellationToken);
        await Findings.KeepAsync(connection, run.Id, todo.Select(s => s.Id), drift, cancellationToken);
        run = run with { Cursor = cursor ?? run.Cursor, Compared = run.Compared + todo.Count, InProgress = run.InProgress + open };
        await runs.SaveAsync(connection, run, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return (run, more);
    }

    // Subjects that the inbox worked on before, or works on by now, have no drift.
    private async Task<(IReadOnlyList<Finding> Drift, int InProgress)> SettledAsync(
        IReadOnlyList<Finding> found, Standing? before, CancellationToken cancellationToken)
    {
        if (found.Count == 0) return ([], 0);
        var after = await inbox.ReadAsync(cancellationToken);
        bool IsOpen(Finding f) => before!.IsOpen(f.Subject, f.UserId) || after.IsOpen(f.Subject, f.UserId);
        return ([.. found.Where(f => !IsOpen(f)).OrderBy(f => f.Subject, StringComparer.Ordinal)], found.Where(IsOpen).DistinctBy(f => f.Subject).Count());
    }

    private async Task<(IReadOnlyList<Compared> Subjects, string? Cursor, bool More)> SubjectsAsync(ReconcileRun run, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
        var cause = Cause.Of(run);
        switch (run.Phase)
        {
            case "stripe": // without a status: all that are not canceled
                var subscriptions = scope.ServiceProvider.GetRequiredService<SubscriptionService>();
                var page = await pace.PageAsync(limit => subscriptions.ListAsync(
                    new() { Limit = limit, StartingAfter = run.Cursor, Expand = ["data.latest_invoice"] }, cancellationToken: cancellationToken),
                    cancellationToken);
                // A list shows no plan of a schedule (Stripe expands four levels at most): the few that have one are fetched one by one.
                return ([.. page.Select(s => s.ScheduleId is null
                        ? new Compared(s.Id, (c, standing, token) => c.OfAsync(s, cause, standing, token))
                        : new Compared(s.Id, (c, standing, token) => c.OfAsync(s.Id, cause, standing, token)))],
                    page.LastOrDefault()?.Id, page is { HasMore: true, Data.Count: > 0 });
            case "rows":
                return Ids(await mediator.Send(new ReadOpenSubscriptions(new DateTimeOffset(run.Since), PageSize, run.Cursor), cancellationToken), cause);
            case "tiers":
                return Ids(await mediator.Send(new ReadOpenTiers(PageSize, run.Cursor), cancellationToken), cause);
            default:
                var users = await mediator.Send(new ReadEntitlements(PageSize, run.Cursor), cancellationToken);
                return ([.. users.Select(u => new Compared(u.UserId, (c, standing, token) => c.OfUserAsync(u, standing, token)))], 
                    users.LastOrDefault()?.UserId, users.Count == PageSize);
        }
    }

    private static (IReadOnlyList<Compared>, string?, bool) Ids(IReadOnlyList<string> ids, string cause) =>
        ([.. ids.Select(id => new Compared(id, (c, standing, token) => c.OfAsync(id, cause, standing, token)))], ids.LastOrDefault(), ids.Count == PageSize);

    private sealed record Compared(string Id, Func<Comparison, Standing, CancellationToken, Task<IReadOnlyList<Finding>>> CompareAsync);
}
