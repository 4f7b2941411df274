using System.Text.Json;
using System.Text.Json.Serialization;
using BillingMonolith.Host.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BillingMonolith.Host.Health;

/// <summary>Live: the process answers. Ready: it can store incoming events.</summary>
internal static class HealthRoutes
{
    /// <summary>The client of <see cref="AskAsync"/>.</summary>
    public const string HttpClientName = "health";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", (HttpContext context) =>
        {
            NoStore(context);
            return Results.Json(new Answer("live"), Json);
        }).AllowAnonymous().ExcludeFromDescription();
        routes.MapGet("/health/ready", ReadyAsync).AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>The container's health check: this same program sends the request, so the image needs no other tool.</summary>
    public static async Task<int> AskAsync(IHttpClientFactory clients, string address, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var host) || host.Scheme is not ("http" or "https"))
        {
            await Console.Error.WriteLineAsync($"{address} is not an address such as http://127.0.0.1:8080.");
            return 1;
        }

        try
        {
            using var client = clients.CreateClient(HttpClientName);
            using var answer = await client.GetAsync(new Uri(host, "/health/live"), cancellationToken);
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"{address} does not answer: {e.Message}");
            return 1;
        }
    }

    /// <summary>Everybody sees the status; the reasons name addresses and accounts, so only operators see them.</summary>
    internal static async Task<IResult> ReadyAsync(HttpContext context, Readiness readiness, IAuthorizationService authorization)
    {
        var report = await readiness.ReportAsync();
        var showDetails = (await authorization.AuthorizeAsync(context.User, Policies.Operator)).Succeeded;
        NoStore(context);
        return Results.Json(
            new Answer(report.Status switch { HealthStatus.Healthy => "ready", HealthStatus.Degraded => "degraded", _ => "unready" })
            {
                Checks = showDetails ? report.Entries.Select(e => Check.Of(e.Key, e.Value)) : null,
            },
            Json, statusCode: report.Status == HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }

    private static void NoStore(HttpContext context) => context.Response.Headers.CacheControl = "no-store";

    private sealed record Answer(string Status)
    {
        public IEnumerable<Check>? Checks { get; init; }
    }

    private sealed record Check(string Name, string Status, string? Reason, IReadOnlyDictionary<string, object>? Data)
    {
        public static Check Of(string name, HealthReportEntry entry) =>
            new(name, entry.Status.ToString().ToLowerInvariant(), entry.Description, entry.Data.Count > 0 ? entry.Data : null);
    }
}
