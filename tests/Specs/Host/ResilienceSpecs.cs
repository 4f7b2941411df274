using System.Collections.Concurrent;
using System.Globalization;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.SharedKernel;
using BillingMonolith.Specs.Sandbox;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BillingMonolith.Specs.HostRoom;

/// <summary>How the host treats its neighbours, over HTTP: what passes is tried again at once, what takes longer is left to the inbox.</summary>
public sealed class ResilienceSpecs
{
    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task A_fault_that_may_pass_is_tried_again_with_the_same_body(int status)
    {
        await using var neighbour = await Neighbour.StartAsync(status, status, 200);
        (await neighbour.PostAsync("{\"a\":1}")).ShouldBe(200);
        neighbour.Bodies.ShouldBe(["{\"a\":1}", "{\"a\":1}", "{\"a\":1}"]);
    }

    [Fact]
    public async Task A_connection_that_is_not_made_in_time_is_tried_again()
    {
        // What SocketsHttpHandler throws when its ConnectTimeout is over, and no HttpRequestException.
        using var slow = new SlowToConnect();
        using var client = new HttpClient(new Resilience("lago", retries: 2, new QuickClock(new HandClock())) { InnerHandler = slow });
        using var answer = await client.GetAsync(new Uri("http://lago.example/"));
        slow.Tries.ShouldBe(2);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(422)]
    [InlineData(429)] // without Retry-After: the inbox waits
    public async Task An_answer_is_an_answer(int status)
    {
        await using var neighbour = await Neighbour.StartAsync(status, 200);
        (await neighbour.PostAsync("{}")).ShouldBe(status);
        neighbour.Bodies.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("17", 17)]
    [InlineData("date", 90)]
    [InlineData("99999999", 99999999)] // absurd: the back-off caps it
    public async Task Retry_After_is_obeyed_by_the_inbox_and_not_waited_for_here(string header, double seconds)
    {
        await using var neighbour = await Neighbour.StartAsync(429, 200);
        neighbour.RetryAfter = header == "date" ? neighbour.Clock.GetUtcNow().AddSeconds(90).ToString("R", CultureInfo.InvariantCulture) : header;
        (await Should.ThrowAsync<RetryAfterException>(() => neighbour.PostAsync("{}"))).Delay.TotalSeconds.ShouldBe(seconds, tolerance: 1);
        neighbour.Bodies.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_neighbour_that_is_down_is_left_alone_for_a_while_and_then_asked_again()
    {
        await using var neighbour = await Neighbour.StartAsync([.. Enumerable.Repeat(503, 10), 200]);
        for (var i = 0; i < 3; i++) (await neighbour.PostAsync("{}")).ShouldBe(503); // three tries each; the tenth fault opens the breaker
        await Should.ThrowAsync<RetryAfterException>(() => neighbour.PostAsync("{}"));

        (await Should.ThrowAsync<RetryAfterException>(() => neighbour.PostAsync("{}"))).Message.ShouldContain("lago");
        neighbour.Bodies.Count.ShouldBe(10, "the breaker is open: nothing was sent");

        neighbour.Clock.Advance(TimeSpan.FromSeconds(6));
        (await neighbour.PostAsync("{}")).ShouldBe(200);
    }

    private sealed class SlowToConnect : HttpMessageHandler
    {
        public int Tries { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => ++Tries == 1
            ? throw new TaskCanceledException("A connection could not be established within the configured ConnectTimeout.", new TimeoutException())
            : Task.FromResult(new HttpResponseMessage());
    }

    /// <summary>A server that answers these statuses in turn, and a client as the Host makes it.</summary>
    private sealed class Neighbour : IAsyncDisposable
    {
        private readonly WebApplication server;
        private readonly ServiceProvider services;

        private Neighbour(WebApplication app, HandClock clock)
        {
            server = app;
            Clock = clock;
            services = new ServiceCollection().AddSingleton<TimeProvider>(new QuickClock(clock)).AddNeighbour("lago", retries: 2).BuildServiceProvider();
        }

        public ConcurrentQueue<string> Bodies { get; } = new();
        public string? RetryAfter { get; set; }
        public HandClock Clock { get; }

        public static async Task<Neighbour> StartAsync(params int[] statuses)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            var app = builder.Build();
            var left = new ConcurrentQueue<int>(statuses);
            Neighbour? neighbour = null;
            app.Run(async context =>
            {
                using var reader = new StreamReader(context.Request.Body);
                neighbour!.Bodies.Enqueue(await reader.ReadToEndAsync());
                context.Response.StatusCode = left.TryDequeue(out var status) ? status : 200;
                if (neighbour.RetryAfter is { } after) context.Response.Headers.RetryAfter = after;
            });
            await app.StartAsync();
            return neighbour = new Neighbour(app, new HandClock());
        }

        public async Task<int> PostAsync(string body)
        {
            var address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            using var client = services.GetRequiredService<IHttpClientFactory>().CreateClient("lago");
            using var answer = await client.PostAsync(new Uri(address), new StringContent(body));
            return (int)answer.StatusCode;
        }

        public async ValueTask DisposeAsync()
        {
            await services.DisposeAsync();
            await server.DisposeAsync();
        }
    }

    /// <summary>The test's hour, and timers that take a hundredth of their time.</summary>
    private sealed class QuickClock(HandClock hour) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => hour.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, dueTime > TimeSpan.Zero && dueTime < TimeSpan.FromSeconds(2) ? dueTime / 100 : dueTime, period);
    }
}
