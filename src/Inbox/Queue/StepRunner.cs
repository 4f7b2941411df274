using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

namespace BillingMonolith.Inbox;

/// <summary>The leases of the current scope's command. They end in the command's own transaction.</summary>
public sealed class HeldLeases
{
    /// <summary>In the order of the command's outcomes; none outside the inbox.</summary>
    public IReadOnlyList<StepLease> Leases { get; set; } = [];
}

/// <summary>Commits a command: its rows, its audit entries and the ends of its steps, in one transaction.</summary>
public sealed class UnitOfWorkBehaviour<TRequest, TResponse>(UnitOfWork work, HeldLeases held) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
{
    /// <inheritdoc/>
    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        var response = await next();
        if (held.Leases.Count > 0)
        {
            IReadOnlyList<Outcome> outcomes = response switch { Outcome one => [one], IReadOnlyList<Outcome> many => many, _ => [] };
            await StepEnds.WriteAsync(work, [.. held.Leases.Zip(outcomes)], cancellationToken);
        }

        await work.CommitAsync(cancellationToken);
        return response;
    }
}

/// <summary>Ends steps in a command's transaction. Parking is audited, because somebody's payment waits for a person.</summary>
internal static class StepEnds
{
    public static async Task WriteAsync(UnitOfWork work, IReadOnlyList<(StepLease Lease, Outcome Outcome)> ends, CancellationToken cancellationToken)
    {
        await StepQueue.EndAsync(await work.OpenAsync(cancellationToken), ends, cancellationToken);
        foreach (var (lease, outcome) in ends)
        {
            if (outcome is not Outcome.Parked parked) continue;
            work.Record(new AuditEntry("webhook.parked", "event", lease.EventId, lease.EventId)
            {
                Result = AuditResult.Failure,
                ErrorMessage = parked.Reason,
                Metadata = new { step = lease.Command, attempts = lease.Attempt },
            });
        }
    }
}

/// <summary>Sends steps to their handlers, each in a scope and a transaction of its own.</summary>
internal sealed class StepRunner(IServiceScopeFactory scopes, IServiceProvider services)
{
    public async Task RunAsync(StepLease lease, IRemoteStep step, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<HeldLeases>().Leases = [lease];
        await scope.ServiceProvider.GetRequiredService<IMediator>().Send(step, cancellationToken);
    }

    /// <summary>Runs steps of one kind as one set: all of them commit, or none.</summary>
    public async Task RunAsync(IReadOnlyList<(StepLease Lease, ILocalStep Step)> steps, CancellationToken cancellationToken)
    {
        var refused = steps.Select(s => (s.Lease, Outcome: Refusal(s.Step))).Where(s => s.Outcome is not null).ToList();
        if (refused.Count > 0) await EndAsync([.. refused.Select(r => (r.Lease, r.Outcome!))], cancellationToken);

        var sound = steps.Where(s => refused.TrueForAll(r => r.Lease != s.Lease)).ToList();
        if (sound.Count == 0) return;
        await using var scope = scopes.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<HeldLeases>().Leases = sound.ConvertAll(s => s.Lease);
        await scope.ServiceProvider.GetRequiredService<IMediator>().Send(StepSets.Of(sound.ConvertAll(s => s.Step)), cancellationToken);
    }

    /// <summary>Ends steps that have no command to run.</summary>
    public async Task EndAsync(IReadOnlyList<(StepLease Lease, Outcome Outcome)> ends, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        await StepEnds.WriteAsync(work, ends, cancellationToken);
        await work.CommitAsync(cancellationToken);
    }

    // The pipeline refuses a single invalid command, which is then parked (Failures). A set is validated step by step beforehand: its other steps go on.
    private Outcome.Parked? Refusal(ILocalStep step)
    {
        if (services.GetService(typeof(IValidator<>).MakeGenericType(step.GetType())) is not IValidator validator) return null;
        var result = validator.Validate(new ValidationContext<object>(step));
        return result.IsValid ? null : new Outcome.Parked(Validation.Reason(result.Errors));
    }
}
