using BillingMonolith.SharedKernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BillingMonolith.Inbox;

/// <summary>The engine: it stores events, and runs the steps that follow, each exactly once, on any number of hosts.</summary>
public static class InboxModule
{
    /// <summary>
    /// Adds the intake, the queue and the workers. The Host adds the plan (<see cref="IEventPlan"/>), the kinds of steps and the pipeline's behaviours.
    /// </summary>
    public static IServiceCollection AddInbox(this IServiceCollection services)
    {
        services.AddContext<InboxContext>().AddScoped<HeldLeases>().AddScoped<WaitingSteps>()
            .AddSingleton<EventWriter>().AddSingleton<StepQueue>().AddSingleton<InboxWakeUp>().AddSingleton<Router>()
            .AddSingleton<StepRunner>().AddSingleton<Backoff>().AddSingleton<Failures>()
            .AddSingleton(s => new Listener(InboxWakeUp.Channel, s.GetRequiredService<InboxWakeUp>().NotifyAll));
        services.AddHealthChecks().AddCheck<InboxHealth>("inbox", HealthStatus.Degraded);
        // Stopped in the reverse order, after the web server: first the workers finish, and the writer stops last.
        return services
            .AddHostedService(s => s.GetRequiredService<EventWriter>())
            .AddHostedService<LocalWorker>()
            .AddHostedService<RemoteWorker>()
            .AddHostedService<NewerSteps>();
    }
}
