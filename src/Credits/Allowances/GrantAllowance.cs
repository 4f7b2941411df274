using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Credits;

/// <summary>
/// Grants a plan's allowance for the period that an invoice paid for: once per invoice. The rest of it ends with the period, unless the plan
/// lets it roll over.
/// </summary>
/// <param name="Cause">The event.</param>
/// <param name="UserId">The Keycloak user id.</param>
/// <param name="TierId">The plan; one without an allowance, or with an unlimited one, grants nothing.</param>
/// <param name="InvoiceId">The paid invoice (<c>in_…</c>): <c>checkout.session.completed</c> and <c>invoice.paid</c> name the same one.</param>
/// <param name="PeriodEnd">The end of the allowance; null = never.</param>
[StepKind("credits.grant-allowance", "GrantAllowance")]
public sealed record GrantAllowance(string Cause, string? UserId, string? TierId, string? InvoiceId, DateTimeOffset? PeriodEnd) : ILocalStep
{
    /// <summary>Allowances are monthly; an invoice for a year pays for twelve of them.</summary>
    public int Months { get; init; } = 1;
}

internal sealed class GrantAllowanceValidator : AbstractValidator<GrantAllowance>
{
    public GrantAllowanceValidator()
    {
        RuleFor(s => s.UserId).NotEmpty().WithMessage("Unlinked payment: no user is known for this subscription. Link its customer to a user, then replay.");
        RuleFor(s => s.TierId).NotEmpty().WithMessage("The subscription names no tier (price lookup key, metadata.tier_id or tier_name).");
        RuleFor(s => s.InvoiceId).NotEmpty().WithMessage("The session names no invoice, so the allowance could not be granted exactly once.");
    }
}

internal sealed class GrantAllowanceHandler(Ledger ledger, UnitOfWork work) : IRequestHandler<StepSet<GrantAllowance>, IReadOnlyList<Outcome>>
{
    public async Task<IReadOnlyList<Outcome>> Handle(StepSet<GrantAllowance> set, CancellationToken cancellationToken)
    {
        var allowances = await AllowancesAsync(set.Steps, cancellationToken);
        var due = set.Steps.Where(s => allowances.ContainsKey(s.TierId!)).DistinctBy(s => s.InvoiceId).ToDictionary(s => $"invoice:{s.InvoiceId}");
        var grants = due.Select(d => GrantOf(d.Key, d.Value, allowances[d.Value.TierId!])).ToList();
        var granted = await ledger.GrantAsync(grants, cancellationToken);

        foreach (var grant in grants.Where(g => granted.ContainsKey(g.Source)))
        {
            var step = due[grant.Source];
            work.Record(new AuditEntry("credit.allocate", "invoice", step.InvoiceId!, step.Cause)
            {
                UserId = step.UserId,
                Metadata = new { tier = step.TierId, credits = grant.Credits, expires_at = grant.ExpiresAt },
            });
        }

        return [.. set.Steps.Select(s => allowances.ContainsKey(s.TierId!)
            ? Outcome.Done
            : new Outcome.Ignored($"Plan '{s.TierId}' has no counted allowance."))];
    }

    private static Grant GrantOf(string source, GrantAllowance step, Allowance allowance) => new(
        source, step.UserId!, checked(allowance.Credits * step.Months), Ledger.AllowancePriority, allowance.Rollover ? null : step.PeriodEnd,
        $"Allowance of plan {step.TierId}");

    private async Task<Dictionary<string, Allowance>> AllowancesAsync(IReadOnlyList<GrantAllowance> steps, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<Allowance>(new CommandDefinition(
            "SELECT tier_id AS Tier, credits, rollover FROM credit_allowances WHERE tier_id = ANY (@Tiers) AND credits IS NOT NULL",
            new { Tiers = steps.Select(s => s.TierId).Distinct().ToArray() }, cancellationToken: cancellationToken));
        return rows.ToDictionary(r => r.Tier);
    }

    private sealed record Allowance(string Tier, long Credits, bool Rollover);
}
