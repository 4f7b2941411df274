using BillingMonolith.Billing;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Api;
using BillingMonolith.Host.Checkout;
using BillingMonolith.Host.Database;
using BillingMonolith.Host.Edge;
using BillingMonolith.Host.Health;
using BillingMonolith.Host.Jobs;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Pages;
using BillingMonolith.Host.Reconcile;
using BillingMonolith.Host.Routing;
using BillingMonolith.Host.Webhook;
using BillingMonolith.Identity;
using BillingMonolith.Inbox;
using BillingMonolith.Notifications;
using BillingMonolith.Orders;
using BillingMonolith.SharedKernel;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Host.Startup;

/// <summary>The host as an object: its services and its routes.</summary>
internal static class App
{
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
#pragma warning disable RS0030 // the container's one: it is safe for many threads
            .AddSingleton(Random.Shared)
#pragma warning restore RS0030
            .AddSingleton(s => NpgsqlDataSource.Create(
                s.GetRequiredService<IOptions<DatabaseOptions>>().Value.Application(s.GetRequiredService<IOptions<InboxOptions>>().Value.Lease)))
            .Configure<HostOptions>(h => h.ShutdownTimeout = TimeSpan.FromSeconds(30))
            .AddSharedKernel().AddInbox().AddNotifications()
            .AddBilling(builder.Configuration).AddIdentity(builder.Configuration).AddCredits(builder.Configuration).AddOrders()
            .AddPipeline().AddNeighbours().AddEventRouting().AddWebhook()
            .AddEdge().AddAccess(builder.Configuration).AddApi().AddCopies().AddApiDocument().AddPages()
            .AddCheckout().AddReconcile().AddJobs().AddReadiness();
        return builder;
    }

    public static WebApplication Build(WebApplicationBuilder builder)
    {
        var app = builder.Build();
        app.UseEdge();
        app.UseApi();
        StripeWebhook.Map(app);
        ApiV1.Map(app);
        HealthRoutes.Map(app);
        Login.Map(app);
        BackchannelLogout.Map(app);
        ApiDocument.Map(app);
        PageRoutes.Map(app);
        Policies.RequireOnEveryRoute(app);
        return app;
    }

    // One JSON line per entry for programs; a person at a terminal gets text. Configuration (Logging:LogLevel) overrules the levels.
    private static void AddLogging(ILoggingBuilder logging)
    {
        logging.ClearProviders()
            .AddFilter("System.Net.Http", LogLevel.Warning).AddFilter("Polly", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None) // a line per run; Readiness writes one per change
            .AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        if (Console.IsOutputRedirected) logging.AddJsonConsole(j => j.UseUtcTimestamp = true);
        else logging.AddSimpleConsole(c => c.SingleLine = true);
    }
}

/// <summary>The host cannot start with its configuration.</summary>
internal sealed class SettingsException(IReadOnlyList<string> problems)
    : Exception($"BillingMonolith cannot start: {problems.Count} setting(s) to mend.{string.Concat(problems.Select(p => $"{Environment.NewLine}  - {p}"))}");
