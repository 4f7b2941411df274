using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Host.Reconcile;

/// <summary>Runs of the reconciler, the latest first; or one of them.</summary>
internal sealed record ReadReconcileRuns(int Limit, long? Before, long? Id = null) : IRequest<IReadOnlyList<ReconcileRun>>;

/// <summary>The findings of a run, by subject.</summary>
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

internal sealed class ReadReconcileRunsHandler(IDbContextFactory<ReconcileContext> contexts)
    : IRequestHandler<ReadReconcileRuns, IReadOnlyList<ReconcileRun>>, IRequestHandler<ReadFindings, IReadOnlyList<Finding>>
{
    public async Task<IReadOnlyList<ReconcileRun>> Handle(ReadReconcileRuns query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        IQueryable<ReconcileRun> runs = db.ReconcileRuns;
        if (query.Before is { } before) runs = runs.Where(r => r.Id < before);
        if (query.Id is { } id) runs = runs.Where(r => r.Id == id);
        return await runs.OrderByDescending(r => r.Id).Take(query.Limit).ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<Finding>> Handle(ReadFindings query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var findings = db.Findings.Where(f => EF.Property<long>(f, "RunId") == query.RunId);
        if (query.After is { } after)
            findings = findings.Where(f => EF.Functions.GreaterThan(ValueTuple.Create(f.Subject, f.Kind), ValueTuple.Create(after.Subject, after.Kind)));
        return await findings.OrderBy(f => f.Subject).ThenBy(f => f.Kind).Take(query.Limit).ToListAsync(cancellationToken);
    }
}
