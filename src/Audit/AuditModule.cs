using Microsoft.Extensions.DependencyInjection;

namespace BillingMonolith.Audit;

/// <summary>The audit log, and the transaction that every command shares with it.</summary>
public static class AuditModule
{
    /// <summary>Adds what the handlers of this room and of all others need.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services) => services.AddContext<AuditContext>().AddScoped<UnitOfWork>();
}
