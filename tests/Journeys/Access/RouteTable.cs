using BillingMonolith.Host.Access;
using BillingMonolith.Host.Startup;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;

namespace BillingMonolith.Journeys.Access;

/// <summary>A route as the Host maps it. Policy null = everybody.</summary>
public sealed record Route(string Method, string Path, string? Policy)
{
    /// <summary>An address that leads there.</summary>
    internal string Address => System.Text.RegularExpressions.Regex.Replace(Path, "\\{[^}]*\\}", "x", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));

    internal bool IsSafe => Method is "GET" or "HEAD";

    public override string ToString() => $"{Method} {Path}";
}

/// <summary>The Host's own route table: what a test generates its cases from cannot miss a route.</summary>
internal static class RouteTable
{
    public static IReadOnlyList<Route> All { get; } = Read();

    private static List<Route> Read()
    {
        using var app = App.Build(App.Configure(
        [
            "--Database:ConnectionString=Host=nowhere", "--Stripe:SecretKey=sk_test_x", "--Stripe:WebhookSecret=whsec_of_the_route_table", "--Lago:Url=http://nowhere",
            "--Lago:ApiKey=x", "--Keycloak:Url=http://nowhere", "--Keycloak:Realm=x", "--Keycloak:ClientId=x", "--Keycloak:ClientSecret=x",
        ]));
        return
        [
            .. from endpoint in ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
               from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
               let policy = endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null ? endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>()[^1].Policy : null
               let path = "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
               orderby path, method
               select new Route(method, path, policy),
        ];
    }

    public static readonly Dictionary<string, string[]> Allowed = new()
    {
        [Policies.SignedIn] = ["buyer", "operator", "admin", "crm", "crm without its scope"],
        [Policies.User] = ["buyer", "operator", "admin"],
        [Policies.Operator] = ["operator", "admin"],
        [Policies.Admin] = ["admin"],
        [Policies.Grants] = ["admin", "crm"],
        [Policies.Features] = ["admin", "crm"],
        [Policies.Consume] = ["buyer", "operator", "admin", "crm"],
    };
}
