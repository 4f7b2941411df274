using System.Globalization;
using BillingMonolith.SharedKernel;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Host.Reconcile;

/// <summary>The progress of a run.</summary>
internal sealed record ReconcileProgress(string Phase, long Done);

/// <summary>The result of a run and its findings.</summary>
internal sealed record ReconcileReport(ReconcileRun Run, IReadOnlyList<Finding> Findings)
{
    /// <summary>Whether findings are left for a person, or for a run that repairs.</summary>
    public bool IsClean => Run.State == "done" && Findings.All(f => f.State == Finding.Repaired);
}

/// <summary>
/// A run, phase by phase: missing events; Stripe's open subscriptions; ours that Stripe did not list among them; users in Keycloak and
/// Lago; repairs. It stores its position after each page, so that a killed run is continued and not begun anew.
/// </summary>
internal sealed class Reconciler(
    MissingEvents events, Comparing comparing, Repair repair, ReconcileRuns runs, Findings findings, IOptions<ReconcileOptions> options,
    TimeProvider time, ILogger<Reconciler> log)
{
    private static readonly string[] Phases = ["events", "stripe", "rows", "tiers", "users", "repair"];

    /// <exception cref="RefusalException">Another one is under way.</exception>
    public async Task<ReconcileReport> RunAsync(ReconcileRequest request, IProgress<ReconcileProgress>? watch, CancellationToken cancellationToken)
    {
        var (run, isContinued) = await runs.BeginAsync(request, cancellationToken);
        if (isContinued) log.LogWarning("Reconcile run {Run} is continued: its process ended in phase {Phase}", run.Id, run.Phase);
        return await CarryOutAsync(run, watch, cancellationToken);
    }

    /// <summary>Continues a run that has begun.</summary>
    public async Task<ReconcileReport> CarryOutAsync(ReconcileRun run, IProgress<ReconcileProgress>? watch, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var alive = KeepAliveAsync(run, stop);
        try
        {
            return await RunAsync(run, watch, stop.Token);
        }
        catch (Exception e) when (e is not RunLostException && !stop.IsCancellationRequested)
        {
            await runs.EndAsync(run, "failed", e.Message, CancellationToken.None);
            throw;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RunLostException(run.Id);
        }
        finally
        {
            await stop.CancelAsync();
            await alive;
            if (cancellationToken.IsCancellationRequested) await runs.LetGoAsync(run);
        }
    }

    private async Task<ReconcileReport> RunAsync(ReconcileRun run, IProgress<ReconcileProgress>? watch, CancellationToken cancellationToken)
    {
        foreach (var phase in Phases.SkipWhile(p => p != run.Phase))
        {
            if (run.Phase != phase) await runs.SaveAsync(run = run with { Phase = phase, Cursor = null }, cancellationToken);
            if (phase == "repair") return await RepairAsync(run, watch, cancellationToken);
            for (var more = true; more;)
            {
                (run, more) = phase == "events" ? await events.PageAsync(run, cancellationToken) : await comparing.PageAsync(run, cancellationToken);
                watch?.Report(new ReconcileProgress(phase, phase == "events" ? run.Events : run.Compared));
            }
        }

        throw new InvalidOperationException($"There is no phase '{run.Phase}'.");
    }

    private async Task<ReconcileReport> RepairAsync(ReconcileRun run, IProgress<ReconcileProgress>? watch, CancellationToken cancellationToken)
    {
        var found = await findings.OfAsync(run.Id, cancellationToken);
        var subjects = found.Where(f => f.Mendable).GroupBy(f => f.Subject).ToList();
        var most = Math.Max(options.Value.Floor, (long)(run.Compared * options.Value.MaxShare));
        if (run.Apply && !run.Force && subjects.Count > most)
        {
            var why = string.Create(CultureInfo.InvariantCulture,
                $"{subjects.Count} of {run.Compared} subjects would change, more than {most}: nothing was repaired. "
                + $"Look at the findings first; if they are right, run it with --force.");
            return new ReconcileReport(await runs.EndAsync(run, "refused", why, cancellationToken), found);
        }

        if (run.Apply)
        {
            foreach (var (done, subject) in subjects.Where(s => s.Any(f => f.State == Finding.Open)).Index())
            {
                if (!await runs.RenewAsync(run, cancellationToken)) throw new RunLostException(run.Id);
                var failed = await repair.MendAsync(subject.Key, Cause.Of(run), cancellationToken);
                await findings.EndAsync(run, [.. subject], failed, cancellationToken);
                watch?.Report(new ReconcileProgress("repair", done + 1));
            }
        }

        return new ReconcileReport(await runs.EndAsync(run, "done", message: null, cancellationToken), await findings.OfAsync(run.Id, cancellationToken));
    }

    // Renews every third of the lease; a process that has lost the run stops at once.
    private async Task KeepAliveAsync(ReconcileRun run, CancellationTokenSource stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(options.Value.Lease / 3, time, stop.Token);
                if (!await runs.RenewAsync(run, stop.Token)) await stop.CancelAsync();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (NpgsqlException e)
            {
                log.LogWarning("Reconcile run {Run} could not say that it lives: {Reason}", run.Id, e.Message);
            }
        }
    }
}
