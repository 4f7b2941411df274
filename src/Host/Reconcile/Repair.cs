using BillingMonolith.Host.Routing;
using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Options;
using Npgsql;
using Stripe;

namespace BillingMonolith.Host.Reconcile;

/// <summary>
/// Repairs a subscription or a user by the webhook's own commands, each in its own transaction with its audit entry, under the lock of its
/// subject. Stripe's state is fetched anew, because the state of the comparison may be outdated.
/// </summary>
internal sealed class Repair(IServiceScopeFactory scopes, NpgsqlDataSource database, IOptions<InboxOptions> inbox, Pace pace)
{
    /// <summary>Returns the reason why it could not be repaired; null = it was.</summary>
    /// <param name="subject">A subscription, <c>sub_…</c>, or a user.</param>
    /// <param name="cause">For the audit log.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<string?> MendAsync(string subject, string cause, CancellationToken cancellationToken)
    {
        var isSubscription = subject.StartsWith("sub_", StringComparison.Ordinal);
        try
        {
            return await pace.PatientlyAsync(
                () => isSubscription ? SubscriptionAsync(subject, cause, cancellationToken) : UserAsync(subject, cause, cancellationToken), cancellationToken);
        }
        catch (Exception e) when (Reason(e) is { } reason && !cancellationToken.IsCancellationRequested)
        {
            return reason;
        }
    }

    private async Task<string?> UserAsync(string userId, string cause, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var projected = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new ProjectTier(cause, userId), cancellationToken);
        return projected.IsKnown ? null : "Keycloak has no such user any more.";
    }

    private async Task<string?> SubscriptionAsync(string subscriptionId, string cause, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var subscriptions = scope.ServiceProvider.GetRequiredService<SubscriptionService>();
        Task<Subscription> FetchAsync() => pace.StripeAsync(
            () => subscriptions.GetAsync(subscriptionId, StripeLookup.Whole, cancellationToken: cancellationToken), cancellationToken);
        var fetched = await FetchAsync();
        string[] subjects = [subscriptionId, fetched.CustomerId];
        await using var alone = await SubjectLock.TakeAsync(database, subjects.Order(StringComparer.Ordinal), inbox.Value.Lease, cancellationToken);
        var now = await FetchAsync();
        var facts = await scope.ServiceProvider.GetRequiredService<Subject>().OfAsync(now, cause, cancellationToken);
        if (facts?.UserId is null) return facts?.WhyNoUser ?? "It is not ours to look after.";
        foreach (var step in Routes.For(facts))
        {
            if (await SendAsync(step, cancellationToken) is { } refused) return refused;
        }

        return null;
    }

    private async Task<string?> SendAsync(IStep step, CancellationToken cancellationToken)
    {
        if (step is not IRemoteStep remote) return null; // the other steps of a subscription's event follow from events alone
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(remote, cancellationToken) is Outcome.Parked parked ? parked.Reason : null;
    }

    private static string? Reason(Exception failure) => failure switch
    {
        ValidationException refused => Validation.Reason(refused.Errors),
        RunLostException or OperationCanceledException => null,
        NpgsqlException and not PostgresException { SqlState: ['2', '2' or '3', ..] } => null, // without the database nothing can be stored
        _ => failure.Message,
    };
}
