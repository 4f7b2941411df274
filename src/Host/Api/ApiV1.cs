using BillingMonolith.Host.Access;
using BillingMonolith.Host.Http;
using BillingMonolith.SharedKernel;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;

namespace BillingMonolith.Host.Api;

/// <summary>The JSON API: its pipeline and its routes.</summary>
internal static class ApiV1
{
    internal const string Prefix = "/api/v1";
    internal const int MaxBodyBytes = 64 * 1024;

    public static IServiceCollection AddApi(this IServiceCollection services) => services
        .AddStrictJson()
        .AddProblemDetails() // UseExceptionHandler requires it; Faults answers
        .AddExceptionHandler<Faults>()
        .AddSingleton<IAuthorizationMiddlewareResultHandler, Denials>()
        .AddSingleton<RateWindows>()
        .AddSingleton<PackageList>().AddSingleton<PlanList>().AddSingleton<FeatureCache>()
        .AddScoped<Replay>();

    /// <summary>Adds what keeps the copies in memory as the database is.</summary>
    public static IServiceCollection AddCopies(this IServiceCollection services) => services
        .AddSingleton(s => new Listener(PackageList.Channel, s.GetRequiredService<PackageList>().Drop))
        .AddSingleton(s => new Listener(PlanList.Channel, s.GetRequiredService<PlanList>().Drop))
        .AddSingleton(s => new Listener(FeatureCache.Channel, s.GetRequiredService<FeatureCache>().Drop)
        {
            Disconnected = s.GetRequiredService<FeatureCache>().Disconnected,
        })
        .AddHostedService<FeatureWatch>();

    public static void UseApi(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages(c => Problem.WriteAsync(c.HttpContext, c.HttpContext.Response.StatusCode));
        app.UseApiPage();
        app.UseRouting(); // placed explicitly, because otherwise it would come first of all, and webhooks end in it
        app.UseAuthentication();
        app.UseMiddleware<WhoAsks>();
        app.UseMiddleware<RateLimit>();
        app.UseAuthorization();
        app.UseCrossSiteProtection();
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = Group(routes);
        Me.Map(api);
        PackageRoutes.Map(api);
        PackageAdminRoutes.Map(api);
        PlanRoutes.Map(api);
        TierAdminRoutes.Map(api);
        TierAccessRoutes.Map(api);
        PurchaseRoutes.Map(api);
        SubscriptionRoutes.Map(api);
        SubscriptionChangeRoutes.Map(api, routes);
        PortalRoutes.Map(api);
        LedgerRoutes.Map(api);
        ConsumeRoutes.Map(api);
        ReservationRoutes.Map(api);
        HistoryRoutes.Map(api);
        AdminPurchaseRoutes.Map(api);
        GrantRoutes.Map(api);
        AdjustmentRoutes.Map(api);
        ApprovalRoutes.Map(api);
        AutoTopUpRoutes.Map(api);
        FeatureRoutes.Map(api);
        FeatureRoutes.MapOldAddress(routes);
        TierEntitlementRoutes.Map(api);
        OrderRoutes.Map(api);
        AdminOrderRoutes.Map(api);
        EventRoutes.Map(api);
        UnlinkedRoutes.Map(api);
        ReconcileRoutes.Map(api);
        OutboxRoutes.Map(api);
        WebhookEndpointRoutes.Map(api);
        AuditRoutes.Map(api);
    }

    /// <summary>The group of every route of the API: its bodies are small.</summary>
    internal static RouteGroupBuilder Group(IEndpointRouteBuilder routes) =>
        routes.MapGroup(Prefix).WithMetadata(new RequestSizeLimitAttribute(MaxBodyBytes));
}
