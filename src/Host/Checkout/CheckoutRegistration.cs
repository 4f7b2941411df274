using BillingMonolith.SharedKernel;

namespace BillingMonolith.Host.Checkout;

internal static class CheckoutRegistration
{
    /// <summary>Adds the services for sales: packs, plans and their changes, the portal, and automatic top-ups.</summary>
    public static IServiceCollection AddCheckout(this IServiceCollection services) => services
        .AddScoped<PackCheckout>().AddScoped<ReturnAddresses>().AddScoped<Completion>().AddScoped<Customers>()
        .AddScoped<PlanOffers>().AddScoped<PlanSessions>().AddScoped<PlanCheckout>().AddScoped<PlanCompletion>()
        .AddScoped<PlanMoves>().AddScoped<PlanRequests>().AddScoped<SubscriptionChanges>().AddScoped<Portal>().AddScoped<ApplyNow>()
        .AddScoped<OrderReturns>()
        .AddSingleton<TopUpWorker>().AddScoped<TopUpPayments>()
        .AddSingleton(s => new Listener(TopUpWorker.Channel, s.GetRequiredService<TopUpWorker>().Notify))
        .AddHostedService(s => s.GetRequiredService<TopUpWorker>());
}
