using System.Collections.Concurrent;
using System.Net;
using BillingMonolith.Host.Neighbours;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stripe;

namespace BillingMonolith.Specs.StripeNeighbour;

internal sealed record Received(string Method, string Target, string Body, IHeaderDictionary Headers);

/// <summary>A server on loopback that answers what the test says, in that order, and keeps what it received.</summary>
internal sealed class StripeStub : IAsyncDisposable
{
    public const string Key = "sk_test_canary_51Hx";
    private readonly WebApplication app;
    private readonly HttpClient http;
    private readonly ConcurrentQueue<Func<HttpContext, Task>> answers;

    private StripeStub(WebApplication app, HttpClient http, ConcurrentQueue<Func<HttpContext, Task>> answers) =>
        (this.app, this.http, this.answers) = (app, http, answers);

    public ConcurrentQueue<Received> Received { get; } = new();

    public IStripeClient Client => new GuardedStripeClient(http, Key);

    public static async Task<StripeStub> StartAsync(params Func<HttpContext, Task>[] answers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var server = builder.Build();
        StripeStub? stub = null;
        server.Run(context => stub!.AnswerAsync(context));
        await server.StartAsync();
        var address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var caller = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(address) };
        return stub = new StripeStub(server, caller, new ConcurrentQueue<Func<HttpContext, Task>>(answers));
    }

    /// <summary>An answer of Stripe's.</summary>
    public static Func<HttpContext, Task> Json(string body, int status = 200, params (string Name, string Value)[] headers) =>
        Text(body, "application/json", status, headers);

    public static Func<HttpContext, Task> Text(string body, string contentType, int status, params (string Name, string Value)[] headers) => context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        foreach (var (name, value) in headers) context.Response.Headers[name] = value;
        return context.Response.WriteAsync(body);
    };

    /// <summary>The connection is cut.</summary>
    public static Task Reset(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        Received.Enqueue(new Received(
            context.Request.Method, $"{context.Request.Path}{context.Request.QueryString}", await reader.ReadToEndAsync(),
            new HeaderDictionary(context.Request.Headers.ToDictionary())));
        if (answers.TryDequeue(out var answer)) await answer(context);
        else context.Response.StatusCode = (int)HttpStatusCode.NotImplemented;
    }
}
