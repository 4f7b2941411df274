using BillingMonolith.Identity.Keycloak;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Identity;

/// <summary>
/// Brings a user's six attributes in Keycloak to their present entitlement: because grace has ended, or because somebody changed them there.
/// A repeat writes nothing.
/// </summary>
/// <param name="Cause">The request behind it, or <c>grace</c>.</param>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record ProjectTier(string Cause, string UserId) : IRequest<TierProjected>;

/// <summary>The result.</summary>
/// <param name="TierId">The tier that the user is entitled to.</param>
/// <param name="Status">Stripe's status; null = the user never subscribed.</param>
/// <param name="IsKnown">Whether Keycloak has this user.</param>
/// <param name="WasWritten">Whether Keycloak had other values.</param>
public sealed record TierProjected(string TierId, string? Status, bool IsKnown, bool WasWritten);

internal sealed class ProjectTierValidator : AbstractValidator<ProjectTier>
{
    public ProjectTierValidator()
    {
        RuleFor(p => p.Cause).NotEmpty();
        RuleFor(p => p.UserId).NotEmpty();
    }
}

internal sealed class ProjectTierHandler(UserTiers tiers) : IRequestHandler<ProjectTier, TierProjected>
{
    public async Task<TierProjected> Handle(ProjectTier request, CancellationToken cancellationToken)
    {
        await tiers.LockAsync(request.UserId, cancellationToken);
        var (keycloak, now) = await tiers.BringAsync(request.Cause, request.UserId, keepsUnknown: true, cancellationToken);
        return new TierProjected(now.TierId, now.Status, keycloak != Projected.Unknown, keycloak == Projected.Written);
    }
}
