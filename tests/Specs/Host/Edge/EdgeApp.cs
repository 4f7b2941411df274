using System.Collections.Concurrent;
using BillingMonolith.Host.Edge;
using BillingMonolith.Host.Http;
using BillingMonolith.Host.Startup;
using BillingMonolith.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace BillingMonolith.Specs.HostRoom.Edge;

/// <summary>The outermost layer around endpoints that say what they were asked, and that fail.</summary>
internal sealed class EdgeApp : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HttpClient http;
    private readonly Lines lines = new();

    private EdgeApp(WebApplication app)
    {
        this.app = app;
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
    }

    /// <summary>What was logged of requests.</summary>
    public IReadOnlyList<(LogLevel Level, string Text)> Log => [.. lines.All];

    public static async Task<EdgeApp> StartAsync(params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(
        [
            new("Keycloak:Url", "https://login.example.com/auth"), new("Keycloak:Realm", "demo"), new("urls", "http://127.0.0.1:0"),
            .. settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value)),
        ]);
        builder.Services
            .AddSettings(builder.Configuration).Configure<KeycloakOptions>(builder.Configuration.GetSection(KeycloakOptions.Section))
            .AddSingleton(TimeProvider.System).AddProblemDetails().AddEdge();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace);
        var built = builder.Build();
        built.UseEdge();
        built.UseExceptionHandler();
        built.UseStatusCodePages();
        built.UseRouting();
        foreach (var path in (string[])["/", "/api/who", Surfaces.Webhook, "/health/live"])
            built.Map(path, (HttpContext c) => $"{c.Request.Scheme}://{c.Request.Host} {c.Connection.RemoteIpAddress}");
        built.MapGet("/api/cached", (HttpContext c) => c.Response.Headers.CacheControl = "max-age=60");
        built.MapGet("/fails", string () => throw new InvalidOperationException("A canary that nobody may see."));
        var edge = new EdgeApp(built);
        built.Services.GetRequiredService<ILoggerFactory>().AddProvider(edge.lines);
        await built.StartAsync(TestContext.Current.CancellationToken);
        return edge;
    }

    public async Task<HttpResponseMessage> GetAsync(string path, string? host = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, app.Urls.Single() + path);
        request.Headers.Host = host;
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async Task<string> TextAsync(string path, string? host = null, params (string Name, string Value)[] headers)
    {
        using var answer = await GetAsync(path, host, headers);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        http.Dispose();
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<(LogLevel Level, string Text)> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => categoryName == "BillingMonolith.Host.Requests" ? this : NullLogger.Instance;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue((logLevel, formatter(state, exception)));

        public void Dispose()
        {
        }
    }
}
