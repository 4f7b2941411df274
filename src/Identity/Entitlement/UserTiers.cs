using BillingMonolith.Identity.Keycloak;
using BillingMonolith.SharedKernel;
using Dapper;
using MediatR;
using Npgsql;

namespace BillingMonolith.Identity;

/// <summary>A user's plan, or its status, has changed in Keycloak. Published inside the transaction of the change.</summary>
/// <param name="Cause">The event or request behind it, or <c>grace</c>: time alone.</param>
/// <param name="UserId">The Keycloak user id.</param>
/// <param name="BeforeTier">The plan until now; null = none was ever recorded.</param>
/// <param name="BeforeStatus">Its status.</param>
/// <param name="TierId">The plan from now on.</param>
/// <param name="Status">Its status, in Stripe's words.</param>
public sealed record TierChanged(string Cause, string UserId, string? BeforeTier, string? BeforeStatus, string TierId, string? Status) : INotification;

/// <summary>
/// Brings Keycloak to a user's entitlement, and remembers it. A lock on the user is held across the calls, because Keycloak has no
/// conditional write, and a host that was paused must not write an older tier over a newer one. A crash rolls back; the retry finds Keycloak right.
/// </summary>
internal sealed class UserTiers(UnitOfWork unitOfWork, TierProjection projection, IMediator mediator)
{
    /// <summary>Nobody else changes this user's tier until the command's transaction ends. Must be called before anything about the user is read.</summary>
    public async Task<NpgsqlConnection> LockAsync(string userId, CancellationToken cancellationToken)
    {
        var connection = await unitOfWork.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "SELECT pg_advisory_xact_lock(hashtextextended('identity_subscriptions:' || @userId, 0))", new { userId }, cancellationToken: cancellationToken));
        return connection;
    }

    /// <summary>
    /// Writes Keycloak, our record of it and, when tier or status changed since, the audit log; and notifies the subscribers. Under the lock. The tier
    /// before is the projected one, not the stored one, because time may have passed between. For a user whom Keycloak does not know, keepsUnknown says
    /// whether to remember that they were looked up, so that nobody looks again.
    /// </summary>
    public async Task<(Projected Keycloak, Entitlement Now)> BringAsync(string cause, string userId, bool keepsUnknown, CancellationToken cancellationToken)
    {
        var connection = await unitOfWork.OpenAsync(cancellationToken);
        // Locked: a policy that changes during the call to Keycloak requests another check, which must not be overwritten below.
        var before = await connection.QuerySingleOrDefaultAsync<Was>(new CommandDefinition(
            "SELECT projected_tier AS Tier, projected_status AS Status FROM identity_users WHERE user_id = @userId FOR UPDATE", new { userId },
            cancellationToken: cancellationToken));
        var now = await Entitlement.ReadAsync(connection, userId, cancellationToken);
        if (now.Status is null) return (Projected.Unchanged, now); // the user never subscribed: the attributes in Keycloak are not ours
        var keycloak = await projection.ApplyAsync(userId, now.Attributes, cancellationToken);
        if (keycloak == Projected.Unknown)
        {
            if (keepsUnknown) await connection.ExecuteAsync(new CommandDefinition(
                "UPDATE identity_users SET look_at = NULL WHERE user_id = @userId", new { userId }, cancellationToken: cancellationToken));
            return (keycloak, now);
        }

        await connection.ExecuteAsync(new CommandDefinition("""
            INSERT INTO identity_users (user_id, projected_tier, projected_status, look_at) VALUES (@userId, @TierId, @Status, @LookAt)
            ON CONFLICT (user_id) DO UPDATE SET projected_tier = excluded.projected_tier, projected_status = excluded.projected_status,
              projected_at = excluded.projected_at, look_at = excluded.look_at
            """, new { userId, now.TierId, now.Status, LookAt = now.ChangesAt }, cancellationToken: cancellationToken));
        if ((before?.Tier, before?.Status) != (now.TierId, now.Status)) await TellAsync(cause, userId, before, now, cancellationToken);
        return (keycloak, now);
    }

    private Task TellAsync(string cause, string userId, Was? before, Entitlement now, CancellationToken cancellationToken)
    {
        unitOfWork.Record(new AuditEntry("tier.changed", "user", userId, cause)
        {
            UserId = userId,
            Metadata = new
            {
                subscription_id = now.SubscriptionId,
                before = new { tier = before?.Tier, status = before?.Status },
                after = new { tier = now.TierId, status = now.Status },
            },
        });
        return mediator.Publish(new TierChanged(cause, userId, before?.Tier, before?.Status, now.TierId, now.Status), cancellationToken);
    }

    private sealed record Was(string Tier, string? Status);
}
