using BillingMonolith.SharedKernel;
using Dapper;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace BillingMonolith.Host.Reconcile;

/// <summary>A run's compared subjects and findings, in the database, so that it can be continued and looked at later.</summary>
internal sealed class Findings(NpgsqlDataSource database, IDbContextFactory<ReconcileContext> contexts, IServiceScopeFactory scopes)
{
    /// <summary>Those of these subjects that the run has not compared yet.</summary>
    public async Task<IReadOnlyList<string>> NewAsync(long runId, IEnumerable<string> subjects, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<string>(new CommandDefinition("""
            SELECT s FROM unnest(@Subjects) s WHERE NOT EXISTS (SELECT FROM reconcile_compared c WHERE c.run_id = @runId AND c.subject = s)
            """, new { runId, Subjects = subjects.Distinct().ToArray() }, cancellationToken: cancellationToken))).AsList();
    }

    /// <summary>Stores compared subjects and findings. The findings of a killed process are not stored twice.</summary>
    public static async Task KeepAsync(
        NpgsqlConnection open, long runId, IEnumerable<string> compared, IReadOnlyList<Finding> found, CancellationToken cancellationToken)
    {
        await open.ExecuteAsync(new CommandDefinition(
            "INSERT INTO reconcile_compared (run_id, subject) SELECT @runId, unnest(@Subjects) ON CONFLICT DO NOTHING",
            new { runId, Subjects = compared.ToArray() }, cancellationToken: cancellationToken));
        if (found.Count == 0) return;
        await open.ExecuteAsync(new CommandDefinition("""
            INSERT INTO reconcile_findings (run_id, kind, system, subject, user_id, have, want, cause, remedy, mendable)
            SELECT @runId, f.* FROM unnest(@Kinds, @Systems, @Subjects, @Users, @Have, @Want, @Causes, @Remedies, @Mendable) AS f ON CONFLICT DO NOTHING
            """,
            new
            {
                runId,
                Kinds = found.Select(f => f.Kind).ToArray(),
                Systems = found.Select(f => f.System).ToArray(),
                Subjects = found.Select(f => f.Subject).ToArray(),
                Users = found.Select(f => f.UserId).ToArray(),
                Have = found.Select(f => f.Have).ToArray(),
                Want = found.Select(f => f.Want).ToArray(),
                Causes = found.Select(f => f.Cause).ToArray(),
                Remedies = found.Select(f => f.Remedy).ToArray(),
                Mendable = found.Select(f => f.Mendable).ToArray(),
            },
            cancellationToken: cancellationToken));
    }

    /// <summary>All findings of a run, in the order in which they were found.</summary>
    public async Task<IReadOnlyList<Finding>> OfAsync(long runId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Findings.Where(f => EF.Property<long>(f, "RunId") == runId).OrderBy(f => EF.Property<long>(f, "Id")).ToListAsync(cancellationToken);
    }

    /// <summary>Writes the result of a repair, into the audit log too, because a change of Lago or Keycloak alone leaves no other trace.</summary>
    public async Task EndAsync(ReconcileRun run, IReadOnlyList<Finding> subject, string? failed, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var open = await work.OpenAsync(cancellationToken);
        await open.ExecuteAsync(new CommandDefinition("""
            UPDATE reconcile_findings SET state = @state, note = @failed WHERE run_id = @Id AND subject = @Subject AND mendable AND state = 'open'
            """, new { state = failed is null ? Finding.Repaired : Finding.Failed, failed, run.Id, subject[0].Subject }, cancellationToken: cancellationToken));
        work.Record(new AuditEntry("reconcile.repaired", subject[0].Subject == subject[0].UserId ? "user" : "subscription", subject[0].Subject, Cause.Of(run))
        {
            UserId = subject[0].UserId,
            Result = failed is null ? AuditResult.Success : AuditResult.Failure,
            ErrorMessage = failed,
            Metadata = new { found = subject.Select(f => new { f.System, f.Kind, f.Have, f.Want }), asked_by = run.AskedBy, run.Force },
        });
        await work.CommitAsync(cancellationToken);
    }
}
