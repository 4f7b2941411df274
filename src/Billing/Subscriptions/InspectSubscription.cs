using System.Globalization;
using BillingMonolith.Billing.Lago;
using MediatR;
using Npgsql;

namespace BillingMonolith.Billing;

/// <summary>
/// The differences between a command's result and the state of Lago and our row; writes nothing. It runs the command's own code behind a client that blocks
/// every change of Lago, so that the two cannot disagree.
/// </summary>
/// <param name="Wanted">The command that follows from Stripe's present state.</param>
public sealed record InspectSubscription(SyncSubscription Wanted) : IRequest<IReadOnlyList<SubscriptionDrift>>;

/// <summary>A difference.</summary>
/// <param name="Kind">
/// <c>tier-unknown</c>, <c>status-unknown</c>, <c>lago-customer</c>, <c>lago-missing</c>, <c>lago-plan</c>, <c>lago-alive</c>, <c>lago-foreign</c>,
/// <c>row-missing</c>, <c>row-user</c> or <c>row-differs</c>.
/// </param>
/// <param name="Have">The actual value.</param>
/// <param name="Want">The expected value.</param>
/// <param name="Mendable">Whether the command itself would repair it.</param>
public sealed record SubscriptionDrift(string Kind, string Have, string Want, bool Mendable = true);

internal sealed class InspectSubscriptionHandler(NpgsqlDataSource database, LagoLook look)
    : IRequestHandler<InspectSubscription, IReadOnlyList<SubscriptionDrift>>
{
    public async Task<IReadOnlyList<SubscriptionDrift>> Handle(InspectSubscription query, CancellationToken cancellationToken)
    {
        var wanted = query.Wanted;
        await using var open = await database.OpenConnectionAsync(cancellationToken);
        var plan = await SyncSubscriptionHandler.PlanAsync(open, wanted, cancellationToken);
        var stored = await SubscriptionRows.FindAsync(open, wanted.SubscriptionId, cancellationToken);
        if (stored?.IsNewerThan(wanted) == true) return []; // somebody else was faster
        if (plan is null) return [new SubscriptionDrift("tier-unknown", $"no tier '{wanted.TierId}'", "a row of billing_tiers", Mendable: false)];

        if (!SyncSubscriptionHandler.Billed.TryGetValue(wanted.Status, out var billed))
            return [new SubscriptionDrift("status-unknown", $"status '{wanted.Status}'", "a status that this version knows", Mendable: false)];

        var drift = new List<SubscriptionDrift>();
        var want = SubscriptionRow.Of(wanted, await LookAsync(wanted, billed, plan, drift, cancellationToken));
        if (stored is null) drift.Add(new SubscriptionDrift("row-missing", "no row in billing_subscriptions", Words(want)));
        else if (stored.UserId != wanted.UserId)
            drift.Add(new SubscriptionDrift("row-user", $"user {stored.UserId}", $"user {wanted.UserId}", Mendable: false));
        else if (!want.SaysTheSameAs(stored)) drift.Add(new SubscriptionDrift("row-differs", Words(stored), Words(want)));
        return drift;
    }

    /// <summary>Adds the differences in Lago; returns the plan that it should bill.</summary>
    private async Task<string?> LookAsync(
        SyncSubscription wanted, bool? billed, string plan, List<SubscriptionDrift> drift, CancellationToken cancellationToken)
    {
        try
        {
            await look.Mirror.EnsureCustomerAsync(wanted, cancellationToken);
        }
        catch (WouldChangeException)
        {
            drift.Add(new SubscriptionDrift("lago-customer", "no customer, or another currency", $"customer {wanted.UserId}, {wanted.Currency}"));
        }

        try
        {
            return await SyncSubscriptionHandler.BillAsync(look.Mirror, wanted, billed, plan, cancellationToken);
        }
        catch (ForeignSubscriptionException foreign)
        {
            drift.Add(new SubscriptionDrift("lago-foreign", foreign.Message, $"customer {wanted.UserId}", Mendable: false));
        }
        catch (WouldChangeException change)
        {
            drift.Add(await DescribeAsync(change, wanted, plan, cancellationToken));
        }

        return billed is true ? plan : null;
    }

    private async Task<SubscriptionDrift> DescribeAsync(WouldChangeException change, SyncSubscription wanted, string plan, CancellationToken cancellationToken)
    {
        var active = await look.Client.FindSubscriptionAsync(wanted.SubscriptionId, cancellationToken);
        var have = active is null ? "no active subscription"
            : active.NextPlanCode is { } next ? $"active on '{active.PlanCode}', then '{next}'" : $"active on '{active.PlanCode}'";
        return change.Method == HttpMethod.Delete && !change.Path.Contains("status=pending", StringComparison.Ordinal)
            ? new SubscriptionDrift("lago-alive", have, $"nothing: at Stripe it is {wanted.Status}")
            : new SubscriptionDrift(active is null ? "lago-missing" : "lago-plan", have, $"active on '{plan}'");
    }

    private static string Words(SubscriptionRow row) => string.Create(CultureInfo.InvariantCulture,
        $"{row.TierId} {row.Cycle} {row.Status}, {row.AmountMinor} {row.Currency}, until {row.CurrentPeriodEnd:u}"
        + $"{(row.CancelAtPeriodEnd ? ", then ends" : "")}{(row.EndedAt is { } end ? $", ended {end:u}" : "")}, Lago '{row.LagoPlanCode}'");
}

/// <summary>Lago, read only.</summary>
internal sealed class LagoLook(IHttpClientFactory clients)
{
    public const string ClientName = "lago-look";

    public LagoClient Client { get; } = clients.Client(ClientName);

    public LagoMirror Mirror { get; } = new(clients.Client(ClientName));
}
