using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace BillingMonolith.Sandbox;

/// <summary>One request that a stand-in received and what it answered.</summary>
internal sealed record JournalEntry(DateTimeOffset At, string Method, string Path, string Body, string? IdempotencyKey, int Status, double Milliseconds);

/// <summary>What a stand-in does to the requests that match, instead of or around its usual answer.</summary>
/// <param name="Matches">Which requests it is for.</param>
/// <param name="Times">How often it strikes before it is spent; int.MaxValue = for ever.</param>
internal sealed record Fault(Func<HttpRequest, bool> Matches, int Times)
{
    /// <summary>Waits before answering (a slow peer; beyond the caller's limit, a time-out).</summary>
    public TimeSpan Delay { get; init; }
    /// <summary>Answers this status instead of the usual answer; 0 = the usual answer.</summary>
    public int Status { get; init; }
    public string Body { get; init; } = "";
    public string ContentType { get; init; } = "application/json";
    public Dictionary<string, string> Headers { get; init; } = [];
    /// <summary>Does the work, then cuts the connection: the caller cannot know that it was applied.</summary>
    public bool ResetAfterApplying { get; init; }
    /// <summary>Cuts the connection before doing anything.</summary>
    public bool ResetBefore { get; init; }
    internal int Struck;
}

/// <summary>
/// A neighbour of the Host as a real HTTP server on loopback, with a journal of what it received and faults that a test or a person sets.
/// Subclasses map the routes of the system that they stand for.
/// </summary>
internal abstract class StandIn : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<JournalEntry> journal = new();
    private readonly List<Fault> faults = [];

    protected StandIn(int port, TimeProvider time)
    {
        Time = time;
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        builder.Logging.ClearProviders();
        app = builder.Build();
    }

    /// <summary>Base address without a trailing slash.</summary>
    public string Url { get; private set; } = "";

    public TimeProvider Time { get; }

    /// <summary>What was received, oldest first.</summary>
    public IReadOnlyList<JournalEntry> Journal => [.. journal];

    public void Add(Fault fault)
    {
        lock (faults) faults.Add(fault);
    }

    /// <summary>Down: every connection is cut.</summary>
    public void GoDown() => Add(new Fault(_ => true, int.MaxValue) { ResetBefore = true });

    /// <summary>Removes all faults.</summary>
    public void Heal()
    {
        lock (faults) faults.Clear();
    }

    public async Task StartAsync()
    {
        app.Use(AnswerAsync);
        app.MapGet("/_journal", () => Results.Json(Journal, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true }));
        Map(app);
        await app.StartAsync();
        Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First().TrimEnd('/');
    }

    public virtual async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract void Map(WebApplication routes);

    private async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.StartsWithSegments("/_journal", StringComparison.Ordinal))
        {
            await next(context);
            return;
        }

        var started = Time.GetTimestamp();
        context.Request.EnableBuffering();
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8, leaveOpen: true);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        context.Request.Body.Position = 0;

        var fault = TakeFault(context.Request);
        try
        {
            await StrikeAsync(fault, context, next);
        }
        finally
        {
            journal.Enqueue(new JournalEntry(Time.GetUtcNow(), context.Request.Method,
                string.Create(CultureInfo.InvariantCulture, $"{context.Request.Path}{context.Request.QueryString}"), body,
                context.Request.Headers["Idempotency-Key"], fault is { ResetBefore: true } ? 0 : context.Response.StatusCode,
                Time.GetElapsedTime(started).TotalMilliseconds));
        }
    }

    private static async Task StrikeAsync(Fault? fault, HttpContext context, RequestDelegate next)
    {
        if (fault is { ResetBefore: true })
        {
            context.Abort();
            return;
        }

        if (fault is { Delay.Ticks: > 0 }) await Task.Delay(fault.Delay, context.RequestAborted);
        if (fault is { Status: > 0 })
        {
            foreach (var (name, value) in fault.Headers) context.Response.Headers[name] = value;
            context.Response.StatusCode = fault.Status;
            context.Response.ContentType = fault.ContentType;
            await context.Response.WriteAsync(fault.Body, context.RequestAborted);
            return;
        }

        if (fault is not { ResetAfterApplying: true })
        {
            await next(context);
            return;
        }

        context.Response.Body = Stream.Null;
        await next(context);
        context.Abort();
    }

    private Fault? TakeFault(HttpRequest request)
    {
        lock (faults)
        {
            var fault = faults.FirstOrDefault(f => f.Struck < f.Times && f.Matches(request));
            if (fault is not null) fault.Struck++;
            return fault;
        }
    }
}
