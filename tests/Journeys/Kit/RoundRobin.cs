using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BillingMonolith.Journeys.Kit;

/// <summary>A reverse proxy before several hosts that gives each request to the next one, as a balancer without sticky sessions does.</summary>
internal sealed class RoundRobin : IAsyncDisposable
{
    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });
    private readonly WebApplication app;
    private int turn;

    private RoundRobin(WebApplication app) => this.app = app;

    /// <summary>Base address without a trailing slash.</summary>
    public string Url => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Whom it balances between; may change.</summary>
    public IReadOnlyList<string> Hosts { get; set; } = [];

    /// <summary>How many requests each host got.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<string, int> Given { get; } = new();

    public static async Task<RoundRobin> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var proxy = new RoundRobin(builder.Build());
        proxy.app.Run(proxy.ForwardAsync);
        await proxy.app.StartAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        http.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        var host = Hosts[(int)((uint)Interlocked.Increment(ref turn) % Hosts.Count)];
        Given.AddOrUpdate(host, 1, (_, n) => n + 1);
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), $"{host}{context.Request.Path}{context.Request.QueryString}");
        if (context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0) request.Content = new StreamContent(context.Request.Body);
        foreach (var (name, values) in context.Request.Headers)
        {
            if (name is "Connection" or "Transfer-Encoding") continue;
            if (!request.Headers.TryAddWithoutValidation(name, values.ToArray())) request.Content?.Headers.TryAddWithoutValidation(name, values.ToArray());
        }

        request.Headers.TryAddWithoutValidation("X-Forwarded-For", context.Connection.RemoteIpAddress?.ToString());
        request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", context.Request.Scheme);
        using var response = await http.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
        {
            if (name is not ("Transfer-Encoding" or "Connection")) context.Response.Headers[name] = values.ToArray();
        }

        if (response.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.NotModified)) await response.Content.CopyToAsync(context.Response.Body);
    }
}
