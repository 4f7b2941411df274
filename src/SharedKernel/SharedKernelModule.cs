using Microsoft.Extensions.DependencyInjection;

namespace BillingMonolith.SharedKernel;

/// <summary>What all rooms share: the audit log, and the transaction in which each command writes it, and what listens to the database.</summary>
public static class SharedKernelModule
{
    /// <summary>Adds what the handlers of this room and of all others need.</summary>
    public static IServiceCollection AddSharedKernel(this IServiceCollection services) => 
        services.AddContext<AuditContext>().AddScoped<UnitOfWork>().AddHostedService<DatabaseListener>();
}
