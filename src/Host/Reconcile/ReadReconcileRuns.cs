using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Host.Reconcile;

/// <summary>Runs of the reconciler, the latest first; or one of them.</summary>
internal sealed record ReadReconcileRuns(int Limit, long? Before, long? Id = null) : IRequest<IReadOnlyList<ReconcileRun>>;

/// <summary>What a run found, by subject.</summary>
internal sealed record ReadFindings(long RunId, int Limit, FindingPosition? After) : IRequest<IReadOnlyList<Finding>>;

/// <summary>The last finding of a page.</summary>
internal sealed record FindingPosition(string Subject, string Kind);

internal sealed class ReadReconcileRunsValidator : AbstractValidator<ReadReconcileRuns>
{
    public ReadReconcileRunsValidator() => RuleFor(q => q.Limit).InclusiveBetween(1, 200).WithMessage("1 to 200.");
}

internal sealed class ReadFindingsValidator : AbstractValidator<ReadFindings>
{
    public ReadFindingsValidator() => RuleFor(q => q.Limit).InclusiveBetween(1, 200).WithMessage("1 to 200.");
}

internal sealed class ReadReconcileRunsHandler(NpgsqlDataSource database)
    : IRequestHandler<ReadReconcileRuns, IReadOnlyList<ReconcileRun>>, IRequestHandler<ReadFindings, IReadOnlyList<Finding>>
{
    public async Task<IReadOnlyList<ReconcileRun>> Handle(ReadReconcileRuns query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<ReconcileRun>(new CommandDefinition($"""
            SELECT {ReconcileRuns.Columns} FROM reconcile_runs
            WHERE {(query.Before is null ? "true" : "id < @Before")} AND {(query.Id is null ? "true" : "id = @Id")} ORDER BY id DESC LIMIT @Limit
            """, query, cancellationToken: cancellationToken))).AsList();
    }

    public async Task<IReadOnlyList<Finding>> Handle(ReadFindings query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<Finding>(new CommandDefinition($"""
            SELECT {Findings.Columns} FROM reconcile_findings
            WHERE run_id = @RunId {(query.After is null ? "" : "AND (subject, kind) > (@Subject, @Kind)")} ORDER BY subject, kind LIMIT @Limit
            """, new { query.RunId, query.Limit, query.After?.Subject, query.After?.Kind }, cancellationToken: cancellationToken))).AsList();
    }
}
