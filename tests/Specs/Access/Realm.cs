using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Identity;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Specs.Access;

/// <summary>A realm that publishes keys over HTTP, and an API behind the scheme Bearer that trusts it, in one server.</summary>
internal sealed class Realm : IAsyncDisposable
{
    /// <summary>What the tokens call it; not where its keys are fetched, as in container networks.</summary>
    public const string Issuer = "https://login.example.com/realms/uchub";

    public static readonly TimeSpan Distance = TimeSpan.FromSeconds(5);
    private readonly WebApplication app;

    private Realm(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<TimeProvider>(Clock).AddClient("keycloak", TimeSpan.FromSeconds(30));
        builder.Services.Configure<KeycloakOptions>(o => (o.PublicUrl, o.Realm, o.ClientId) = ("https://login.example.com/", "uchub", "billing"));
        builder.Services.Configure<AccessOptions>(o => o.Audience = "billing-api");
        builder.Services.AddAuthentication(BearerHandler.SchemeName).AddBearer();
        builder.Services.AddAuthorization().AddProblemDetails().AddExceptionHandler<Faults>()
            .AddSingleton<IAuthorizationMiddlewareResultHandler, Denials>();
        app = builder.Build();
    }

    public ManualTime Clock { get; } = new();

    public DateTimeOffset Now => Clock.GetUtcNow();

    public string Url => app.Urls.First();

    /// <summary>What the realm answers when it is asked for its keys.</summary>
    public string Keys { get; set; } = TestKeys.Set.ToJsonString();

    public int Status { get; set; } = 200;

    /// <summary>Answers wait for it; what they say was settled before.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>When it was asked for its keys.</summary>
    public List<DateTimeOffset> Fetches { get; } = [];

    /// <summary>Completes when the realm is asked for its keys the next time.</summary>
    public TaskCompletionSource Asked { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TokenValidator Tokens => app.Services.GetRequiredService<TokenValidator>();

    public SigningKeys SigningKeys => app.Services.GetRequiredService<SigningKeys>();

    public static async Task<Realm> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var realm = new Realm(builder);
        realm.Map();
        await realm.app.StartAsync();
        realm.app.Services.GetRequiredService<IOptionsMonitor<KeycloakOptions>>().CurrentValue.Url = realm.Url;
        return realm;
    }

    public async Task<TokenResult> ValidateAsync(string token, TokenUse use = TokenUse.Access) =>
        await Tokens.ValidateAsync(token, use, CancellationToken.None);

    /// <summary>Bounded in real time: a key that is waited for in vain must turn a test red, not hang it.</summary>
    public async Task<SigningKey?> FindAsync(string kid, CancellationToken cancellationToken = default) =>
        await SigningKeys.FindAsync(kid, cancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);

    public void Rotate(params JsonObject[] keys) => Keys = TestKeys.Publish(keys).ToJsonString();

    public async Task<HttpResponseMessage> GetAsync(string? authorization, string path = "/me")
    {
        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(Url) };
        if (authorization is not null) client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);
        return await client.GetAsync(new Uri(path, UriKind.Relative));
    }

    public Task<HttpResponseMessage> GetAsync(TestToken token, string path = "/me") =>
        GetAsync(new AuthenticationHeaderValue("Bearer", token.Encode()).ToString(), path);

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private void Map()
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages(c => Problem.WriteAsync(c.HttpContext, c.HttpContext.Response.StatusCode));
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGet("/me", (HttpContext context) => context.User.UserId).RequireAuthorization();
        app.MapGet("/admin", () => "admin").RequireAuthorization(new AuthorizeAttribute { Roles = "billing-admin" });
        app.MapGet("/owner", () => "owner").RequireAuthorization(new AuthorizeAttribute { Roles = "owner" });
        app.MapGet("/realms/uchub/protocol/openid-connect/certs", async (HttpContext context) =>
        {
            var (keys, status, gate) = (Keys, Status, Gate);
            lock (Fetches) Fetches.Add(Now);
            Asked.TrySetResult();
            await gate;
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(keys);
        });
    }
}

/// <summary>One realm for a table of cases.</summary>
public sealed class RealmFixture : IAsyncLifetime
{
    internal Realm Realm { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Realm = await Realm.StartAsync();

    public ValueTask DisposeAsync() => Realm.DisposeAsync();
}
