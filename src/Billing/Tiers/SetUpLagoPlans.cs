using System.Globalization;
using BillingMonolith.Billing.Lago;
using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Billing;

/// <summary>
/// Creates the plans in Lago that the tiers for sale name and Lago lacks. An existing plan is compared and never changed, because its subscribers are billed
/// by it.
/// </summary>
/// <param name="Cause">The cause, for the audit log.</param>
/// <param name="DryRun">Only says what would be created.</param>
/// <param name="Progress">Gets the number of checked plans.</param>
public sealed record SetUpLagoPlans(string Cause, bool DryRun, IProgress<(int Done, int All)>? Progress = null) : IRequest<LagoSetUp>;

/// <summary>The result for the plans.</summary>
/// <param name="Plans">The checked plans.</param>
/// <param name="Failure">The reason why the others were not checked; null = there are no others.</param>
public sealed record LagoSetUp(IReadOnlyList<LagoPlanSetUp> Plans, string? Failure);

/// <summary>The result for one plan.</summary>
/// <param name="TierId">The tier.</param>
/// <param name="Code">Its code in Lago.</param>
/// <param name="Terms">Its expected terms.</param>
/// <param name="Created">Whether Lago lacked it.</param>
/// <param name="Problem">The problem that a person must solve; null = none.</param>
public sealed record LagoPlanSetUp(string TierId, string Code, string Terms, bool Created, string? Problem);

internal sealed class SetUpLagoPlansHandler(IDbContextFactory<BillingContext> contexts, LagoClient lago, UnitOfWork work)
    : IRequestHandler<SetUpLagoPlans, LagoSetUp>
{
    public async Task<LagoSetUp> Handle(SetUpLagoPlans command, CancellationToken cancellationToken)
    {
        var wanted = await WantedAsync(cancellationToken);
        var made = new List<LagoPlanSetUp>();
        try
        {
            var there = wanted.Count == 0 ? [] : new Dictionary<string, LagoPlan>(await lago.PlansAsync(cancellationToken), StringComparer.Ordinal);
            foreach (var (tier, plan) in wanted)
            {
                var (created, problem) = there.TryGetValue(plan.Code, out var found)
                    ? (false, Difference(plan, found))
                    : await CreateAsync(command, tier, plan, cancellationToken);
                if (created) there[plan.Code] = plan; // another tier may name it too
                made.Add(new LagoPlanSetUp(tier.Id, plan.Code, Terms(plan), created, problem));
                command.Progress?.Report((made.Count, wanted.Count));
            }

            return new LagoSetUp(made, Failure: null);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return new LagoSetUp(made, e.Message); // a created plan stays, and so must its audit entries
        }
    }

    private async Task<List<(Tier Tier, LagoPlan Plan)>> WantedAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return [.. (await TierReader.AllAsync(db, cancellationToken)).Where(t => t.IsActive).SelectMany(Wanted, (tier, plan) => (tier, plan))];
    }

    /// <summary>A plan per sold cycle, in the tier's currency, because a plan in Lago has only one. A free tier is not billed.</summary>
    internal static IEnumerable<LagoPlan> Wanted(Tier tier)
    {
        if (tier.Price(BillingCycle.Monthly) is { } monthly) yield return PlanOf(tier.LagoPlanMonthly, tier.Name, "monthly", monthly);
        if (tier.Price(BillingCycle.Yearly) is { } yearly) yield return PlanOf(tier.LagoPlanYearly, $"{tier.Name} (yearly)", "yearly", yearly);
    }

    private static LagoPlan PlanOf(string code, string name, string interval, TierPrice price) => new()
    {
        Code = code, Name = name, Interval = interval, AmountCents = Cents(price), AmountCurrency = price.Currency.ToUpperInvariant(), PayInAdvance = true,
    };

    // Lago counts by ISO 4217 (the money gem); Stripe sends these two in hundredths that they do not have.
    private static long Cents(TierPrice price) => price.Currency is "isk" or "ugx" ? price.AmountMinor / 100 : price.AmountMinor;

    private async Task<(bool Created, string? Problem)> CreateAsync(SetUpLagoPlans command, Tier tier, LagoPlan plan, CancellationToken cancellationToken)
    {
        if (command.DryRun) return (true, null);
        try
        {
            await lago.CreatePlanAsync(plan, cancellationToken);
            work.Record(new AuditEntry("admin.lago_plan.create", "lago_plan", plan.Code, command.Cause)
            {
                Metadata = new { tier = tier.Id, interval = plan.Interval, amount_minor = plan.AmountCents, currency = plan.AmountCurrency },
            });
            return (true, null);
        }
        catch (LagoException taken) when (taken.Says("code", "value_already_exist"))
        {
            // A concurrent run was faster, or Lago keeps the code of a plan that it no longer lists.
            var found = (await lago.PlansAsync(cancellationToken)).GetValueOrDefault(plan.Code);
            return (false, found is not null ? Difference(plan, found)
                : "Lago has a plan with this code that it does not list. Look at it there, or give the tier another code.");
        }
        catch (LagoException refused) when (refused.IsRefusal)
        {
            return (false, refused.Message);
        }
    }

    private static string? Difference(LagoPlan wanted, LagoPlan found) => Terms(found) == Terms(wanted)
        ? null
        : $"Lago bills {Terms(found)}, and it is not changed here because its subscribers pay it. Correct the plan in Lago or the tier's price; "
            + "for new terms beside the old ones give the tier another plan code (PUT /api/v1/admin/tiers/…) and run this again.";

    private static string Terms(LagoPlan plan) => string.Create(CultureInfo.InvariantCulture,
        $"{plan.AmountCents} {plan.AmountCurrency} {plan.Interval}{(plan.PayInAdvance == false ? " in arrears" : "")}");
}
