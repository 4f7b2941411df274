using BillingMonolith.SharedKernel;

namespace BillingMonolith.Host.Reconcile;

internal static class ReconcileRegistration
{
    public static IServiceCollection AddReconcile(this IServiceCollection services) => services
        .AddContext<ReconcileContext>()
        .AddSingleton<ReconcileRuns>().AddSingleton<Findings>().AddSingleton<InProgress>().AddSingleton<Pace>()
        .AddScoped<Reconciler>().AddScoped<MissingEvents>().AddScoped<Comparing>().AddScoped<Comparison>().AddScoped<Subject>().AddScoped<Repair>()
        .AddSingleton<ScheduledReconcile>().AddHostedService(s => s.GetRequiredService<ScheduledReconcile>());
}
