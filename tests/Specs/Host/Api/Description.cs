using System.Text.Json;
using BillingMonolith.Host.Startup;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;

namespace BillingMonolith.Specs.HostRoom.Api;

/// <summary>The API's description as the Host writes it, and what it is about: the routes and their JSON. Nothing is started.</summary>
internal static class Description
{
    private static readonly WebApplication Host = Build();

    public static IReadOnlyList<RouteEndpoint> Routes { get; } =
        [.. ((IEndpointRouteBuilder)Host).DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()];

    public static JsonSerializerOptions Strict { get; } = Host.Services.GetRequiredService<IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions>>().Value.SerializerOptions;

    public static async Task<string> ReadAsync()
    {
        var document = await Host.Services.GetRequiredKeyedService<IOpenApiDocumentProvider>("v1").GetOpenApiDocumentAsync(CancellationToken.None);
        return await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, CancellationToken.None);
    }

    /// <summary>A host that has all that it needs, and reaches nobody.</summary>
    public static WebApplicationBuilder Configure() => App.Configure(
    [
        "--Database:ConnectionString=Host=nowhere", "--Stripe:SecretKey=sk_test_x", "--Stripe:WebhookSecret=whsec_of_the_description", "--Lago:Url=http://nowhere",
        "--Lago:ApiKey=x", "--Keycloak:Url=http://nowhere", "--Keycloak:Realm=x", "--Keycloak:ClientId=x", "--Keycloak:ClientSecret=x",
    ]);

    private static WebApplication Build()
    {
        var app = App.Build(Configure());
        app.UseEndpoints(_ => { }); // what starting would do: tells the describer of the routes
        return app;
    }
}
