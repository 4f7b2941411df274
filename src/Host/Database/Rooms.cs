using System.Reflection;
using BillingMonolith.Billing;
using BillingMonolith.Credits;
using BillingMonolith.Identity;
using BillingMonolith.Inbox;
using BillingMonolith.Notifications;
using BillingMonolith.Orders;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Host.Database;

/// <summary>The rooms of the house. Their scripts, handlers, validators and steps are found in these assemblies.</summary>
internal static class Rooms
{
    /// <summary>All of them. SharedKernel is first, because functions of other rooms use its clock.</summary>
    public static readonly IReadOnlyList<Assembly> All =
    [
        typeof(SharedKernelModule).Assembly, typeof(Rooms).Assembly, typeof(InboxModule).Assembly, typeof(NotificationsModule).Assembly,
        typeof(BillingModule).Assembly, typeof(IdentityModule).Assembly, typeof(CreditsModule).Assembly, typeof(OrdersModule).Assembly,
    ];
}
