using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.Billing;

/// <summary>A user's permission to buy an invite-only tier.</summary>
/// <param name="TierId">The tier.</param>
/// <param name="UserId">The Keycloak user id (`sub`).</param>
/// <param name="InvitedBy">The administrator's Keycloak user id.</param>
/// <param name="InvitedAt">The time of the invitation.</param>
public sealed record Invitation(string TierId, string UserId, string InvitedBy, DateTime InvitedAt);

/// <summary>Invites a user to a tier; a repeat changes nothing.</summary>
/// <param name="Cause">The request, for the audit log.</param>
/// <param name="TierId">The tier; an invitation to one that is for everybody takes effect once it is invite-only.</param>
/// <param name="UserId">The Keycloak user id.</param>
/// <param name="InvitedBy">The administrator's Keycloak user id.</param>
public sealed record Invite(string Cause, string TierId, string UserId, string InvitedBy) : IRequest<Invitation>;

/// <summary>Withdraws an invitation; a subscription that was made stays. Without an invitation, nothing changes.</summary>
/// <param name="Cause">The request, for the audit log.</param>
/// <param name="TierId">The tier.</param>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record Uninvite(string Cause, string TierId, string UserId) : IRequest;

/// <summary>Finds an invitation; null when there is none.</summary>
/// <param name="TierId">The tier.</param>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record FindInvitation(string TierId, string UserId) : IRequest<Invitation?>;

/// <summary>Whether a user may buy a tier: it is for sale, and it is for everybody or they were invited.</summary>
/// <param name="TierId">The tier; one that does not exist may not be bought.</param>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record MaySubscribe(string TierId, string UserId) : IRequest<bool>;

internal sealed class InviteValidator : AbstractValidator<Invite>
{
    public InviteValidator() =>
        RuleFor(i => i.UserId).NotEmpty().MaximumLength(64).WithMessage("A Keycloak user id of at most 64 characters.");
}

internal sealed class InvitationHandlers(IDbContextFactory<BillingContext> contexts, UnitOfWork work) :
    IRequestHandler<Invite, Invitation>, IRequestHandler<Uninvite, Unit>, IRequestHandler<FindInvitation, Invitation?>, IRequestHandler<MaySubscribe, bool>
{
    public async Task<Invitation> Handle(Invite command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var invited = await connection.ExecuteAsync(new CommandDefinition("""
            INSERT INTO billing_tier_invitations (tier_id, user_id, invited_by)
            SELECT id, @UserId, @InvitedBy FROM billing_tiers WHERE id = @TierId ON CONFLICT DO NOTHING
            """, command, cancellationToken: cancellationToken));
        if (invited == 1) Record("invite", command.Cause, command.TierId, command.UserId);
        var db = await work.ContextAsync<BillingContext>(cancellationToken);
        return await Of(db, command.TierId, command.UserId).SingleOrDefaultAsync(cancellationToken) ?? throw TierRows.Unknown(command.TierId);
    }

    public async Task<Unit> Handle(Uninvite command, CancellationToken cancellationToken)
    {
        var db = await work.ContextAsync<BillingContext>(cancellationToken);
        var gone = await Of(db, command.TierId, command.UserId).ExecuteDeleteAsync(cancellationToken);
        if (gone == 1) Record("uninvite", command.Cause, command.TierId, command.UserId);
        return Unit.Value;
    }

    public async Task<Invitation?> Handle(FindInvitation query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await Of(db, query.TierId, query.UserId).SingleOrDefaultAsync(cancellationToken);
    }

    public async Task<bool> Handle(MaySubscribe query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Tiers.AnyAsync(
            t => t.Id == query.TierId && t.IsActive && (!t.IsInviteOnly || db.Invitations.Any(i => i.TierId == t.Id && i.UserId == query.UserId)),
            cancellationToken);
    }

    private static IQueryable<Invitation> Of(BillingContext db, string tierId, string userId) =>
        db.Invitations.Where(i => i.TierId == tierId && i.UserId == userId);

    private void Record(string action, string cause, string tierId, string userId) =>
        work.Record(new AuditEntry($"admin.tier.{action}", "tier", tierId, cause) { UserId = userId });
}

internal sealed class InvitationConfiguration : IEntityTypeConfiguration<Invitation>
{
    public void Configure(EntityTypeBuilder<Invitation> invitation)
    {
        invitation.ToTable("billing_tier_invitations");
        invitation.HasKey(i => new { i.TierId, i.UserId });
    }
}
