using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>The allowance of a plan per paid month.</summary>
/// <param name="TierId">The plan.</param>
/// <param name="Credits">The number of credits; null = unlimited, so nothing is counted.</param>
/// <param name="Rollover">Whether the rest stays after the period's end.</param>
public sealed record Allowance(string TierId, long? Credits, bool Rollover);

/// <summary>Reads the allowances of all plans; a plan that is not among them gives none.</summary>
public sealed record ReadAllowances : IRequest<IReadOnlyDictionary<string, Allowance>>;

/// <summary>Sets or removes a plan's allowance. Grants for paid periods stay.</summary>
/// <param name="Cause">The request, for the audit log.</param>
/// <param name="TierId">The plan. The caller checks that it exists.</param>
/// <param name="Terms">The allowance from now on; null = none.</param>
public sealed record SetAllowance(string Cause, string TierId, AllowanceTerms? Terms) : IRequest;

/// <summary>The terms of a plan's allowance.</summary>
public sealed record AllowanceTerms
{
    /// <summary>1 to 100000000 for each paid month; null = unlimited, so nothing is counted.</summary>
    public required long? Credits { get; init; }
    /// <summary>Whether the rest stays after the period's end; by default it ends.</summary>
    public bool Rollover { get; init; }
}

internal sealed class SetAllowanceValidator : AbstractValidator<SetAllowance>
{
    public SetAllowanceValidator() => RuleFor(s => s.Terms!.Credits).InclusiveBetween(1, 100_000_000).When(s => s.Terms is not null)
        .OverridePropertyName(nameof(AllowanceTerms.Credits)).WithMessage("1 to 100000000, or null for unlimited; DELETE takes the allowance away.");
}

internal sealed class AllowanceHandlers(NpgsqlDataSource database, UnitOfWork work) :
    IRequestHandler<ReadAllowances, IReadOnlyDictionary<string, Allowance>>, IRequestHandler<SetAllowance, Unit>
{
    public async Task<IReadOnlyDictionary<string, Allowance>> Handle(ReadAllowances query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<Allowance>(new CommandDefinition(
            "SELECT tier_id AS TierId, credits, rollover FROM credit_allowances", cancellationToken: cancellationToken))).ToDictionary(a => a.TierId);
    }

    public async Task<Unit> Handle(SetAllowance command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "SELECT pg_advisory_xact_lock(hashtextextended('allowance:' || @TierId, 0))", command, cancellationToken: cancellationToken));
        var before = await connection.QuerySingleOrDefaultAsync<Allowance?>(new CommandDefinition(
            "SELECT tier_id AS TierId, credits, rollover FROM credit_allowances WHERE tier_id = @TierId", command, cancellationToken: cancellationToken));
        var after = command.Terms is { } terms ? new Allowance(command.TierId, terms.Credits, terms.Rollover) : null;
        if (before == after) return Unit.Value;

        await connection.ExecuteAsync(new CommandDefinition(after is null
            ? "DELETE FROM credit_allowances WHERE tier_id = @TierId"
            : """
              INSERT INTO credit_allowances (tier_id, credits, rollover) VALUES (@TierId, @Credits, @Rollover)
              ON CONFLICT (tier_id) DO UPDATE SET credits = excluded.credits, rollover = excluded.rollover
              """, (object?)after ?? command, cancellationToken: cancellationToken));
        work.Record(new AuditEntry("admin.tier.allowance", "tier", command.TierId, command.Cause)
        {
            Metadata = new { before = Facts(before), after = Facts(after) },
        });
        return Unit.Value;
    }

    private static object? Facts(Allowance? allowance) => allowance is null ? null : new { credits = allowance.Credits, rollover = allowance.Rollover };
}
