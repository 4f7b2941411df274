using Microsoft.Extensions.DependencyInjection;

namespace BillingMonolith.SharedKernel;

/// <summary>The parts that all rooms share: the audit log, the transaction in which each command writes it, and the database listener.</summary>
public static class SharedKernelModule
{
    /// <summary>Adds what the handlers of this room and of all others need.</summary>
    public static IServiceCollection AddSharedKernel(this IServiceCollection services) => 
        services.AddContext<AuditContext>().AddScoped<UnitOfWork>().AddHostedService<DatabaseListener>();
}
