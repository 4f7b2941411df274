using BillingMonolith.Billing.Lago;
using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Billing;

/// <summary>The billing cycle of a subscription.</summary>
public enum BillingCycle
{
    /// <summary>Every month.</summary>
    Monthly,
    /// <summary>Every year.</summary>
    Yearly,
}

/// <summary>
/// Brings Lago and our row to a subscription's state at Stripe. A state older than the stored one changes nothing and is done.
/// Parks on an unknown tier, status or Lago plan, on another customer's subscription, and on a refusal by Lago.
/// </summary>
/// <param name="Cause">The Stripe event or request that led here.</param>
/// <param name="UserId">The Keycloak user id; Lago's customer <c>external_id</c>.</param>
/// <param name="SubscriptionId">Stripe's <c>sub_…</c>; Lago's subscription <c>external_id</c>.</param>
/// <param name="CustomerId">Stripe's <c>cus_…</c>.</param>
/// <param name="TierId">A row of <c>billing_tiers</c>.</param>
/// <param name="Cycle">Selects one of the tier's two plans.</param>
/// <param name="Status">Stripe's status of the subscription.</param>
[StepKind("billing.sync-subscription", "SyncSubscription")]
public sealed record SyncSubscription(
    string Cause, string UserId, string SubscriptionId, string CustomerId, string TierId, BillingCycle Cycle, string Status) : IRemoteStep
{
    /// <summary>E-mail address for Lago's customer; null leaves it unchanged.</summary>
    public string? Email { get; init; }

    /// <summary>Name for Lago's customer; null leaves it unchanged.</summary>
    public string? Name { get; init; }

    /// <summary>Price per cycle in minor units of <see cref="Currency"/>.</summary>
    public long? AmountMinor { get; init; }

    /// <summary>Lower-case ISO code; null leaves Lago's.</summary>
    public string? Currency { get; init; }

    /// <summary>When the paid period ends.</summary>
    public DateTimeOffset? CurrentPeriodEnd { get; init; }

    /// <summary>Stripe will not renew it.</summary>
    public bool CancelAtPeriodEnd { get; init; }

    /// <summary>The time when it will end, if that is settled: with its period, or on a chosen day.</summary>
    public DateTimeOffset? CancelAt { get; init; }

    /// <summary>When it ended; null while it has not.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The time at Stripe.</summary>
    public DateTimeOffset AsOf { get; init; }

    /// <summary>Breaks ties of <see cref="AsOf"/>, which Stripe gives in whole seconds; the greater is newer.</summary>
    public int AsOfRank { get; init; }
}

/// <summary>The conditions for a command before any call to Lago.</summary>
internal sealed class SyncSubscriptionValidator : AbstractValidator<SyncSubscription>
{
    public SyncSubscriptionValidator()
    {
        RuleFor(c => c.Cause).NotEmpty();
        // Lago trims ids in one place and not in another: a stray space would create a second customer.
        RuleFor(c => c.UserId).Must(IsId).WithMessage("UserId is empty, longer than 255, or has a space around it.");
        RuleFor(c => c.SubscriptionId).Must(id => IsId(id) && !id.Contains('.', StringComparison.Ordinal))
            .WithMessage("SubscriptionId is empty, longer than 255, or has a dot, or a space around it: Lago ends a path at a dot.");
        RuleFor(c => c.CustomerId).Must(IsId).WithMessage("CustomerId is empty or has a space around it.").MaximumLength(100);
        RuleFor(c => c.TierId).NotEmpty();
        RuleFor(c => c.Cycle).IsInEnum();
        RuleFor(c => c.Status).NotEmpty();
        RuleFor(c => c.AmountMinor).GreaterThanOrEqualTo(0);
        RuleFor(c => c.Currency).Matches(@"^[a-z]{3}\z").WithMessage("Currency is not a lower-case ISO code of three letters.");
        RuleFor(c => c.AsOf).NotEqual(default(DateTimeOffset)).WithMessage("AsOf is missing: an undated word cannot be ordered.");
    }

    private static bool IsId(string? id) => id is { Length: > 0 and <= 255 } && id.Trim() == id;
}

internal sealed class SyncSubscriptionHandler(NpgsqlDataSource database, LagoMirror mirror, UnitOfWork work)
    : IRequestHandler<SyncSubscription, Outcome>
{
    /// <summary>Whether Lago bills in this status; null = unchanged.</summary>
    internal static readonly Dictionary<string, bool?> Billed = new(StringComparer.Ordinal)
    {
        ["active"] = true, ["trialing"] = true, ["past_due"] = true,
        ["canceled"] = false, ["incomplete_expired"] = false,
        // Not served now, but Stripe may still resume it: starting would bill too early, ending would lose the anniversary.
        ["unpaid"] = null, ["paused"] = null, ["incomplete"] = null,
    };

    public async Task<Outcome> Handle(SyncSubscription command, CancellationToken cancellationToken)
    {
        var (stored, plan) = await ReadAsync(command, cancellationToken);
        var isOld = stored?.IsNewerThan(command) == true;
        if (plan is null && !isOld)
            return new Outcome.Parked($"Tier '{command.TierId}' is not in billing_tiers (subscription {command.SubscriptionId}): add it, then replay.");

        try
        {
            // Also for an older state, because only the session's event has the customer's name and address.
            await mirror.EnsureCustomerAsync(command, cancellationToken);
            if (isOld) return Outcome.Done;
            if (!Billed.TryGetValue(command.Status, out var billed))
                return new Outcome.Parked($"Subscription {command.SubscriptionId} has the status '{command.Status}', which this version does not know.");
            var bills = await BillAsync(mirror, command, billed, plan!, cancellationToken);
            if (await SubscriptionRows.SaveAsync(work, command, bills, cancellationToken)) return Outcome.Done;
        }
        catch (ForeignSubscriptionException foreign)
        {
            return new Outcome.Parked(foreign.Message);
        }
        catch (LagoException unknown) when (unknown.IsNotFound("plan"))
        {
            return new Outcome.Parked(
                $"Lago has no plan '{plan}'. Create it there, or correct the plan codes of tier '{command.TierId}' in billing_tiers; then replay.");
        }
        catch (LagoException refused) when (refused.IsRefusal)
        {
            return new Outcome.Parked(refused.Message);
        }

        // A newer state was stored while Lago answered us (a paused host): Lago may now have the older one. Send the newer one again.
        return await Handle((await ReadAsync(command, cancellationToken)).Stored!.ToCommand(command.Cause), cancellationToken);
    }

    /// <summary>Brings Lago to the status; returns the plan that it bills then, or null.</summary>
    internal static async Task<string?> BillAsync(LagoMirror mirror, SyncSubscription command, bool? billed, string plan, CancellationToken cancellationToken)
    {
        if (billed is null) return await mirror.LookAsync(command, cancellationToken);
        if (billed is true) return await mirror.EnsureSubscribedAsync(command, plan, cancellationToken);
        await mirror.EnsureEndedAsync(command, cancellationToken);
        return null;
    }

    private async Task<(SubscriptionRow? Stored, string? Plan)> ReadAsync(SyncSubscription command, CancellationToken cancellationToken)
    {
        await using var open = await database.OpenConnectionAsync(cancellationToken);
        return (await SubscriptionRows.FindAsync(open, command.SubscriptionId, cancellationToken), await PlanAsync(open, command, cancellationToken));
    }

    /// <summary>Lago's plan for the paid cycle; null = the tier is not known here.</summary>
    internal static Task<string?> PlanAsync(NpgsqlConnection open, SyncSubscription command, CancellationToken cancellationToken) =>
        open.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            "SELECT CASE WHEN @Yearly THEN lago_plan_yearly ELSE lago_plan_monthly END FROM billing_tiers WHERE id = @TierId",
            new { Yearly = command.Cycle == BillingCycle.Yearly, command.TierId }, cancellationToken: cancellationToken));
}
