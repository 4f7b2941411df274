using System.Reflection;
using BillingMonolith.Audit;
using BillingMonolith.Billing;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Api;
using BillingMonolith.Host.Charging;
using BillingMonolith.Host.Edge;
using BillingMonolith.Host.Inbox;
using BillingMonolith.Host.Intake;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Operations;
using BillingMonolith.Host.Outbox;
using BillingMonolith.Host.Pages;
using BillingMonolith.Host.Reconcile;
using BillingMonolith.Host.Shop;
using BillingMonolith.Identity;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Options;
using Npgsql;
using Stripe;
using Stripe.Checkout;

namespace BillingMonolith.Host;

/// <summary>The host as an object: what it is made of, and which address leads where.</summary>
internal static class App
{
    private static readonly Assembly[] Rooms =
        [typeof(SyncSubscription).Assembly, typeof(SetTier).Assembly, typeof(SettlePurchase).Assembly, typeof(UnitOfWork).Assembly, typeof(App).Assembly];

    /// <exception cref="SettingsException">Names every setting that is missing or wrong.</exception>
    public static WebApplicationBuilder Configure(string[] args, bool serves = true)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        EnvironmentNames.AddTo(builder.Configuration, args);
        if (Settings.Problems(builder.Configuration, serves) is { Count: > 0 } problems) throw new SettingsException(problems);

        builder.WebHost.ConfigureKestrel(k => k.AddServerHeader = false);
        AddLogging(builder.Logging);
        builder.Services
            .AddSettings(builder.Configuration)
            .AddSingleton(TimeProvider.System)
            .AddSingleton(new Random())
            .AddSingleton(s => NpgsqlDataSource.Create(
                s.GetRequiredService<IOptions<DatabaseOptions>>().Value.Application(s.GetRequiredService<IOptions<InboxOptions>>().Value.Lease)))
            .AddEdge()
            .AddAccess(builder.Configuration)
            .AddApi()
            .AddApiDocument()
            .Configure<HostOptions>(h => h.ShutdownTimeout = TimeSpan.FromSeconds(30));
        AddNeighbours(builder.Services);
        builder.Services.AddRazorComponents();
        AddRooms(builder.Services, builder.Configuration);
        AddInbox(builder.Services);
        builder.Services.AddOutbox();
        builder.Services.AddReconcile().AddReadiness();
        return builder;
    }

    public static WebApplication Build(WebApplicationBuilder builder)
    {
        var app = builder.Build();
        app.UseEdge();
        app.UseApi();
        StripeWebhook.Map(app);
        ApiV1.Map(app);
        Health.Map(app);
        Login.Map(app);
        BackchannelLogout.Map(app);
        ApiDocument.Map(app);
        PageRoutes.Map(app);
        Policies.RequireOnEveryRoute(app);
        return app;
    }

    // One JSON line per entry for machines; a person at a terminal gets text. Configuration (Logging:LogLevel) overrules the levels.
    private static void AddLogging(ILoggingBuilder logging)
    {
        logging.ClearProviders()
            .AddFilter("System.Net.Http", LogLevel.Warning).AddFilter("Polly", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None) // a line per run; Readiness writes one per change
            .AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        if (Console.IsOutputRedirected) logging.AddJsonConsole(j => j.UseUtcTimestamp = true);
        else logging.AddSimpleConsole(c => c.SingleLine = true);
    }

    private static void AddNeighbours(IServiceCollection services) => services
        .AddNeighbour("lago", retries: 2)
        .AddResilientClient("lago-look", retries: 2)
        .AddNeighbour("keycloak", retries: 2)
        .AddNeighbour("stripe", retries: 0) // Stripe.net repeats by Stripe's own rules
        .AddScoped(s =>
        {
            var options = s.GetRequiredService<IOptionsMonitor<StripeOptions>>().CurrentValue;
            var http = s.GetRequiredService<IHttpClientFactory>().CreateClient("stripe");
            http.BaseAddress = new Uri(options.ApiBase);
            return new GuardedStripeClient(http, options.SecretKey!);
        })
        .AddScoped<IStripeClient>(s => s.GetRequiredService<GuardedStripeClient>())
        .AddScoped<SubscriptionService>()
        .AddScoped<CustomerService>()
        .AddScoped<SessionService>()
        .AddScoped<SessionLineItemService>()
        .AddScoped<SubscriptionScheduleService>()
        .AddScoped<InvoiceService>()
        .AddScoped<Stripe.BillingPortal.SessionService>()
        .AddScoped<RefundService>()
        .AddScoped<PaymentIntentService>()
        .AddScoped<PaymentMethodService>()
        .AddScoped<ProductService>()
        .AddScoped<PriceService>()
        .AddScoped<WebhookEndpointService>()
        .AddScoped<StripeOffers>();

    private static void AddRooms(IServiceCollection services, IConfiguration configuration)
    {
        services.AddAudit().AddBilling(configuration).AddIdentity(configuration).AddCredits(configuration);
        services
            .AddContext<HostContext>()
            .AddScoped<HeldLeases>()
            .AddScoped<PackCheckout>().AddScoped<ReturnAddresses>().AddScoped<Completion>().AddScoped<Customers>()
            .AddScoped<PlanOffers>().AddScoped<PlanPages>().AddScoped<PlanCheckout>().AddScoped<PlanCompletion>()
            .AddScoped<PlanMoves>().AddScoped<PlanWishes>().AddScoped<SubscriptionChanges>().AddScoped<Portal>().AddScoped<Convergence>()
            .AddScoped<OrderSessions>().AddScoped<OrderReturns>()
            .AddScoped<ServiceFactory>(s => s.GetService!)
            .AddScoped<IMediator, Mediator>()
            .AddScoped(typeof(IPipelineBehavior<,>), typeof(ValidationBehaviour<,>)) // in this order
            .AddScoped(typeof(IPipelineBehavior<,>), typeof(UnitOfWorkBehaviour<,>))
            .AddScoped(typeof(IPipelineBehavior<,>), typeof(OnceBehaviour<,>))
            .Scan(scan => scan.FromAssemblies(Rooms)
                .AddClasses(c => c.AssignableTo(typeof(IRequestHandler<,>)), publicOnly: false).AsImplementedInterfaces().WithScopedLifetime()
                .AddClasses(c => c.AssignableTo(typeof(INotificationHandler<>)), publicOnly: false).AsImplementedInterfaces().WithScopedLifetime())
            .AddValidatorsFromAssemblies(Rooms, ServiceLifetime.Singleton, includeInternalTypes: true);
    }

    private static StepKinds StepKindsOf(IEnumerable<Assembly> rooms) =>
        new(rooms.SelectMany(r => r.GetTypes()).Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IStep))));

    private static void AddInbox(IServiceCollection services)
    {
        services
            .AddSingleton<WebhookSecrets>().AddSingleton<StripeWebhook>().AddSingleton<EventWriter>()
            .AddSingleton(StepKindsOf(Rooms)).AddSingleton<StepQueue>().AddSingleton<InboxBell>().AddSingleton<EventReading>().AddSingleton<Router>()
            .AddSingleton<StepRunner>().AddSingleton<Backoff>().AddSingleton<Failures>().AddScoped<StripeTruth>();
        // Stopped in the reverse order, after the web server: the workers finish, and the writer last.
        services
            .AddHostedService(s => s.GetRequiredService<EventWriter>())
            .AddSingleton(s => new Hearing(InboxBell.Channel, s.GetRequiredService<InboxBell>().RingAll))
            .AddSingleton(s => new Hearing(PackageList.Channel, s.GetRequiredService<PackageList>().Drop))
            .AddSingleton(s => new Hearing(PlanList.Channel, s.GetRequiredService<PlanList>().Drop))
            .AddSingleton(s => new Hearing(FeatureCache.Channel, s.GetRequiredService<FeatureCache>().Drop)
            {
                Lost = s.GetRequiredService<FeatureCache>().Deaf,
            })
            .AddSingleton<TopUpWorker>().AddScoped<TopUpPayments>()
            .AddSingleton(s => new Hearing(TopUpWorker.Channel, s.GetRequiredService<TopUpWorker>().Ring))
            .AddHostedService<Notices>()
            .AddHostedService<LocalWorker>()
            .AddHostedService<RemoteWorker>()
            .AddHostedService<NewerSteps>()
            .AddHostedService(s => s.GetRequiredService<TopUpWorker>())
            .AddHostedService<Housekeeping>()
            .AddHostedService<Expiry>()
            .AddHostedService<FeatureWatch>()
            .AddHostedService<Grace>();
    }
}

/// <summary>The host cannot start as it is configured.</summary>
internal sealed class SettingsException(IReadOnlyList<string> problems)
    : Exception($"BillingMonolith cannot start: {problems.Count} setting(s) to mend.{string.Concat(problems.Select(p => $"{Environment.NewLine}  - {p}"))}");
