using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Jobs;

/// <summary>The interval of the check for ended grace.</summary>
internal sealed class GraceOptions
{
    public const string Section = "Grace";

    public double PollSeconds { get; set; } = 45;
}

internal sealed class GraceOptionsValidator : AbstractValidator<GraceOptions>
{
    public GraceOptionsValidator() => RuleFor(o => o.PollSeconds).InclusiveBetween(0.05, 3600).WithMessage("Grace:PollSeconds must be 0.05 to 3600.");
}

/// <summary>
/// Removes a tier in Keycloak when its grace has ended: Stripe sends no event then. Every host does it: the user's lock in the
/// database is the lock, and a second host finds nothing left to do. The features and our own answers need no job, because they go by the clock.
/// </summary>
internal sealed class Grace(
    IServiceScopeFactory scopes, IOptions<GraceOptions> options, TimeProvider time, Random random, ILogger<Grace> log)
    : Sweep("The end of grace", time, random, log)
{
    private const string Cause = "grace";

    /// <summary>Projects every due user. A failure for one user does not stop the others, and is retried in the next round.</summary>
    public override async Task SweepAsync(CancellationToken cancellationToken)
    {
        var failed = new HashSet<string>(StringComparer.Ordinal);
        while (await SendAsync(new FindDueTiers(failed), cancellationToken) is { Count: > 0 } users)
        {
            foreach (var user in users)
            {
                try
                {
                    if (!(await SendAsync(new ProjectTier(Cause, user), cancellationToken)).IsKnown)
                        Log.LogWarning("The grace of user {UserId} has ended, and Keycloak does not know him any more", user);
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested)
                {
                    failed.Add(user);
                    Log.LogWarning("The tier of user {UserId} could not be judged anew; it is tried again soon: {Reason}", user, e.Message);
                }
            }
        }
    }

    protected override TimeSpan Every => TimeSpan.FromSeconds(options.Value.PollSeconds);

    protected override bool StartsAtOnce => false;

    private async Task<T> SendAsync<T>(IRequest<T> command, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(command, cancellationToken);
    }
}
