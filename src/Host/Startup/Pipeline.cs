using BillingMonolith.Host.Database;
using BillingMonolith.Host.Http;
using BillingMonolith.Inbox;
using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Host.Startup;

/// <summary>The pipeline of every command and query: validated, in one transaction, once per key.</summary>
internal static class Pipeline
{
    /// <summary>Adds MediatR with all handlers and validators of the rooms.</summary>
    public static IServiceCollection AddPipeline(this IServiceCollection services) => services
        .AddScoped<ServiceFactory>(s => s.GetService!)
        .AddScoped<IMediator, Mediator>()
        .AddScoped(typeof(IPipelineBehavior<,>), typeof(ValidationBehaviour<,>)) // in this order
        .AddScoped(typeof(IPipelineBehavior<,>), typeof(UnitOfWorkBehaviour<,>))
        .AddScoped(typeof(IPipelineBehavior<,>), typeof(OnceBehaviour<,>))
        .Scan(scan => scan.FromAssemblies(Rooms.All)
            .AddClasses(c => c.AssignableTo(typeof(IRequestHandler<,>)), publicOnly: false).AsImplementedInterfaces().WithScopedLifetime()
            .AddClasses(c => c.AssignableTo(typeof(INotificationHandler<>)), publicOnly: false).AsImplementedInterfaces().WithScopedLifetime())
        .AddValidatorsFromAssemblies(Rooms.All, ServiceLifetime.Singleton, includeInternalTypes: true);
}
