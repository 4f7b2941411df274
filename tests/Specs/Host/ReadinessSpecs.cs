using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text.Json.Nodes;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Health;
using BillingMonolith.Specs.Sandbox;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace BillingMonolith.Specs.HostRoom;

/// <summary>How often checks run, how long a probe waits, what it shows to whom, and what the log says.</summary>
public sealed class ReadinessSpecs
{
    private readonly HandClock clock = new();
    private readonly LogBook log = new();
    private int runs;

    [Fact]
    public async Task A_hundred_probes_at_once_share_one_run()
    {
        var release = new TaskCompletionSource<HealthCheckResult>();
        await using var services = Services(HealthStatus.Degraded, _ => release.Task);
        var readiness = services.GetRequiredService<Readiness>();
        var probes = Enumerable.Range(0, 100).Select(_ => Task.Run(readiness.ReportAsync)).ToList();
        release.SetResult(HealthCheckResult.Healthy());
        (await Task.WhenAll(probes)).ShouldAllBe(report => report.Status == HealthStatus.Healthy);
        runs.ShouldBe(1);
    }

    [Fact]
    public async Task A_result_is_kept_for_ten_seconds()
    {
        await using var services = Services(HealthStatus.Degraded, _ => Task.FromResult(HealthCheckResult.Healthy()));
        var readiness = services.GetRequiredService<Readiness>();
        await readiness.ReportAsync();
        clock.Advance(TimeSpan.FromSeconds(9.9));
        await readiness.ReportAsync();
        runs.ShouldBe(1);
        clock.Advance(TimeSpan.FromSeconds(0.1));
        await readiness.ReportAsync();
        runs.ShouldBe(2);
    }

    [Theory]
    [InlineData(HealthStatus.Degraded)]
    [InlineData(HealthStatus.Unhealthy)]
    public async Task A_check_that_hangs_and_does_not_obey_is_not_waited_for(HealthStatus failure)
    {
        var never = new TaskCompletionSource<HealthCheckResult>();
        var hurried = new HurriedClock();
        await using var services = Services(failure, _ => never.Task, hurried);
        var report = await services.GetRequiredService<Readiness>().ReportAsync();
        report.Status.ShouldBe(failure);
        report.Entries["neighbour"].Description.ShouldBe("No result after 3 s.");
        hurried.Waited.ShouldBe([TimeSpan.FromSeconds(3)]);
        never.SetResult(HealthCheckResult.Healthy());
    }

    [Fact]
    public async Task The_log_has_a_line_for_each_change_and_none_for_a_probe()
    {
        var script = new Queue<HealthCheckResult>([
            HealthCheckResult.Healthy(), HealthCheckResult.Degraded("It is ill."), HealthCheckResult.Degraded("It is ill still."),
            HealthCheckResult.Unhealthy("It is dead."), HealthCheckResult.Healthy(), HealthCheckResult.Healthy(),
        ]);
        await using var services = Services(HealthStatus.Degraded, _ => Task.FromResult(script.Dequeue()));
        var readiness = services.GetRequiredService<Readiness>();
        while (script.Count > 0)
        {
            await readiness.ReportAsync();
            await readiness.ReportAsync();
            clock.Advance(TimeSpan.FromSeconds(10));
        }

        log.Lines.ShouldBe([
            "Warning: Health check neighbour is Degraded: It is ill.",
            "Error: Health check neighbour is Unhealthy: It is dead.",
            "Information: Health check neighbour is healthy again",
        ]);
    }

    [Theory]
    [InlineData(HealthStatus.Healthy, "ready", 200)]
    [InlineData(HealthStatus.Degraded, "degraded", 200)]
    [InlineData(HealthStatus.Unhealthy, "unready", 503)]
    public async Task Everybody_learns_the_status_and_nothing_else(HealthStatus status, string word, int code)
    {
        var (answered, body) = await ProbeAsync(status, role: null);
        answered.ShouldBe(code);
        body.ShouldBe($$"""{"status":"{{word}}"}""");
        (await ProbeAsync(status, "some-role")).Body.ShouldBe(body);
    }

    [Theory]
    [InlineData("billing-operator")]
    [InlineData("billing-admin")]
    public async Task Operators_learn_the_reasons(string role)
    {
        var check = JsonNode.Parse((await ProbeAsync(HealthStatus.Degraded, role)).Body)!["checks"]!.AsArray().ShouldHaveSingleItem()!;
        check.ToJsonString().ShouldBe("""{"name":"neighbour","status":"degraded","reason":"Because.","data":{"parked":3}}""");
    }

    private async Task<(int Status, string Body)> ProbeAsync(HealthStatus status, string? role)
    {
        await using var services = Services(
            HealthStatus.Degraded, _ => Task.FromResult(new HealthCheckResult(status, "Because.", data: new Dictionary<string, object> { ["parked"] = 3 })));
        var context = new DefaultHttpContext { RequestServices = services, Response = { Body = new MemoryStream() } };
        if (role is not null) context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Role, role)], "test"));
        var answer = await HealthRoutes.ReadyAsync(context, services.GetRequiredService<Readiness>(), services.GetRequiredService<IAuthorizationService>());
        await answer.ExecuteAsync(context);
        context.Response.Headers.CacheControl.ToString().ShouldBe("no-store");
        context.Response.Body.Position = 0;
        using var reader = new StreamReader(context.Response.Body);
        return (context.Response.StatusCode, await reader.ReadToEndAsync());
    }

    private ServiceProvider Services(HealthStatus failure, Func<CancellationToken, Task<HealthCheckResult>> check, TimeProvider? time = null)
    {
        var services = new ServiceCollection().AddSingleton(time ?? clock).AddSingleton<Readiness>().AddPolicies()
            .AddLogging(l => l.AddProvider(log).AddFilter("Microsoft", LogLevel.None));
        services.AddHealthChecks().AddAsyncCheck("neighbour", token =>
        {
            Interlocked.Increment(ref runs);
            return check(token);
        });
        services.PostConfigure<HealthCheckServiceOptions>(o => o.Registrations.Single().FailureStatus = failure);
        return services.BuildServiceProvider();
    }

    /// <summary>Does not wait, and remembers for how long it should have.</summary>
    private sealed class HurriedClock : TimeProvider
    {
        public ConcurrentQueue<TimeSpan> Waited { get; } = new();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waited.Enqueue(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }

    private sealed class LogBook : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{logLevel}: {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }
}
