using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Api;
using BillingMonolith.SharedKernel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace BillingMonolith.Specs.HostRoom.Api;

/// <summary>The API's own pipeline over HTTP with routes of a test's making, and a database that does not answer.</summary>
internal sealed class TinyApi : IAsyncDisposable
{
    private static readonly HttpMessageInvoker Http = new(new SocketsHttpHandler());
    private readonly WebApplication server;
    private readonly string address;

    private TinyApi(WebApplication app, LogKeeper log)
    {
        server = app;
        Log = log;
        address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    }

    public LogKeeper Log { get; }

    public static async Task<TinyApi> StartAsync(Action<RouteGroupBuilder> map, string environment = "Production")
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var log = new LogKeeper();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.Services.AddApi().AddPolicies().AddSingleton(TimeProvider.System).AddScoped<UnitOfWork>()
            .AddSingleton(NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=nobody;Database=nowhere"));
        TestCaller.AddTo(builder.Services);
        var app = builder.Build();
        app.UseApi();
        map(ApiV1.Group(app));
        await app.StartAsync();
        return new TinyApi(app, log);
    }

    public Task<Answer> PostAsync(string path, string json) => SendAsync(HttpMethod.Post, path, new StringContent(json, Encoding.UTF8, "application/json"));

    public async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content = null, string? caller = null, string? accept = null)
    {
        using var request = new HttpRequestMessage(method, address + path) { Content = content };
        if (caller is not null) request.Headers.Add(TestCaller.Header, caller);
        if (accept is not null) request.Headers.Accept.ParseAdd(accept);
        using var response = await Http.SendAsync(request, CancellationToken.None);
        return new Answer((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(),
            response.Headers, response.Content.Headers);
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();
}

internal sealed record Answer(int Status, string? Type, string Body, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    public JsonElement Json => JsonElement.Parse(Body);
    public string? Error => Json.GetProperty("error").GetString();
    public IEnumerable<string> Members => Json.GetProperty("errors").EnumerateObject().Select(e => e.Name);

    /// <summary>Every refusal has this shape.</summary>
    public void ShouldBeProblem(int status, string error)
    {
        Status.ShouldBe(status, Body);
        Type.ShouldBe("application/problem+json");
        Error.ShouldBe(error);
        Json.GetProperty("type").GetString().ShouldBe("about:blank");
        Json.GetProperty("status").GetInt32().ShouldBe(status);
        Json.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        Json.GetProperty("trace_id").GetString()!.Length.ShouldBe(32);
    }
}

/// <summary>What the host logged at warning or above.</summary>
internal sealed class LogKeeper : ILoggerProvider, ILogger
{
    public ConcurrentQueue<(LogLevel Level, string Text, Exception? Exception)> Entries { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) Entries.Enqueue((logLevel, formatter(state, exception), exception));
    }

    public void Dispose() => Entries.Clear();
}
