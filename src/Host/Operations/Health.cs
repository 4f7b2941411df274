using Dapper;
using Npgsql;

namespace BillingMonolith.Host.Operations;

/// <summary>Live: the process answers. Ready: it can store what it is sent.</summary>
internal static class Health
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => Results.Json(new { status = "live" })).AllowAnonymous();
        routes.MapGet("/health/ready", ReadyAsync).AllowAnonymous();
    }

    /// <summary>The container's health check: this same program asks, so the image needs nothing more.</summary>
    public static async Task<int> AskAsync(IHttpClientFactory clients, string address, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var host) || host.Scheme is not ("http" or "https"))
        {
            await Console.Error.WriteLineAsync($"{address} is not an address such as http://127.0.0.1:8080.");
            return 1;
        }

        try
        {
            using var client = clients.CreateClient();
            client.Timeout = TimeSpan.FromSeconds(3);
            using var answer = await client.GetAsync(new Uri(host, "/health/live"), cancellationToken);
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"{address} does not answer: {e.Message}");
            return 1;
        }
    }

    private static async Task<IResult> ReadyAsync(NpgsqlDataSource database, ILogger<NpgsqlDataSource> log, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            await connection.ExecuteScalarAsync(new CommandDefinition(
                "SELECT 1 FROM inbox_events LIMIT 1", commandTimeout: 3, cancellationToken: cancellationToken));
            return Results.Json(new { status = "ready" });
        }
        catch (NpgsqlException e)
        {
            log.LogWarning("Not ready: the database does not answer ({Reason})", e.Message);
            return Results.Problem("The database does not answer.", statusCode: StatusCodes.Status503ServiceUnavailable,
                extensions: new Dictionary<string, object?> { ["error"] = "database" });
        }
    }
}
