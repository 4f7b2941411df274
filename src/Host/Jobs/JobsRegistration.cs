namespace BillingMonolith.Host.Jobs;

internal static class JobsRegistration
{
    /// <summary>Adds the jobs that run by the clock.</summary>
    public static IServiceCollection AddJobs(this IServiceCollection services) => services
        .AddHostedService<Housekeeping>().AddHostedService<Expiry>().AddHostedService<Grace>();
}
