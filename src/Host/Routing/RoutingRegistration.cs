using System.Reflection;
using BillingMonolith.Host.Access;
using BillingMonolith.Inbox;
using BillingMonolith.Notifications;
using BillingMonolith.SharedKernel;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Routing;

internal static class RoutingRegistration
{
    /// <summary>Adds what events mean, for the inbox, and what the post office must know of this service.</summary>
    /// <param name="services">Where.</param>
    /// <param name="rooms">The assemblies in which steps are declared.</param>
    public static IServiceCollection AddRouting(this IServiceCollection services, IEnumerable<Assembly> rooms)
    {
        services.AddOptions<MailOptions>().PostConfigure<IOptions<AccessOptions>>((mail, access) => mail.LinkTo(access.Value.Origin));
        var steps = rooms.SelectMany(r => r.GetTypes()).Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IStep)));
        return services
            .AddSingleton(new StepKinds(steps)).AddSingleton<IEventPlan, StripePlan>()
            .AddScoped<StripeLookup>().AddScoped<OrderSessions>().AddScoped<IAddressBook, AddressBook>();
    }
}
