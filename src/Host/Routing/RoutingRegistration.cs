using BillingMonolith.Host.Access;
using BillingMonolith.Host.Database;
using BillingMonolith.Inbox;
using BillingMonolith.Notifications;
using BillingMonolith.SharedKernel;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Routing;

internal static class RoutingRegistration
{
    /// <summary>Adds the meaning of events, for the inbox, and the services that Notifications needs from the Host.</summary>
    public static IServiceCollection AddEventRouting(this IServiceCollection services)
    {
        services.AddOptions<MailOptions>().PostConfigure<IOptions<AccessOptions>>((mail, access) => mail.LinkTo(access.Value.Origin));
        var steps = Rooms.All.SelectMany(r => r.GetTypes()).Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IStep)));
        return services
            .AddSingleton(new StepKinds(steps)).AddSingleton<IEventPlan, StripePlan>()
            .AddScoped<StripeLookup>().AddScoped<OrderSessions>().AddScoped<IAddressBook, AddressBook>();
    }
}
