using System.Buffers;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using BillingMonolith.Host.Webhook;
using BillingMonolith.Sandbox;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace BillingMonolith.Benchmarks;

/// <summary>
/// What the intake is compared with, each as a process of its own: <c>insert</c> is the webhook as people write it, one INSERT per request;
/// <c>sink</c> takes in and verifies as the product does and stores nothing, which is as fast as a webhook can be here.
/// </summary>
internal static class Baseline
{
    public const string Variable = "BENCHMARK_BASELINE";
    private const string Table = """
        CREATE TABLE IF NOT EXISTS stripe_events (
          id text PRIMARY KEY, type text NOT NULL, payload jsonb NOT NULL, received_at timestamptz NOT NULL DEFAULT now(), processed_at timestamptz);
        CREATE INDEX IF NOT EXISTS stripe_events_open ON stripe_events (received_at) WHERE processed_at IS NULL -- what a worker would look for
        """;

    public static Task<HostProcess> StartAsync(string kind, string connectionString, string secret, CancellationToken cancellationToken) =>
        HostProcess.StartAsync(
        new Dictionary<string, string?> { [Variable] = kind, ["DATABASE"] = connectionString, ["SECRET"] = secret },
            cancellationToken, "BillingMonolith.Benchmarks.dll");

    public static async Task<int> RunAsync(string kind)
    {
        var secret = Environment.GetEnvironmentVariable("SECRET")!;
        await using var database = NpgsqlDataSource.Create(Environment.GetEnvironmentVariable("DATABASE")!);
        await using (var connection = await database.OpenConnectionAsync()) await connection.ExecuteAsync(Table);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        await using var app = builder.Build();
        if (kind == "sink")
        {
            IReadOnlyList<byte[]> secrets = [Encoding.UTF8.GetBytes(secret)];
            app.MapPost("/webhooks/stripe", (RequestDelegate)(context => SinkAsync(context, secrets)));
        }
        else
        {
            app.MapPost("/webhooks/stripe", (HttpRequest request) => InsertAsync(request, database, secret));
        }

        await app.RunAsync();
        return 0;
    }

    private static async Task<IResult> InsertAsync(HttpRequest request, NpgsqlDataSource database, string secret)
    {
        using var reader = new StreamReader(request.Body);
        var json = await reader.ReadToEndAsync();
        if (!IsSigned(json, request.Headers["Stripe-Signature"].ToString(), secret)) return Results.BadRequest();
        using var document = JsonDocument.Parse(json);
        var (id, type) = (document.RootElement.GetProperty("id").GetString(), document.RootElement.GetProperty("type").GetString());
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            "INSERT INTO stripe_events (id, type, payload) VALUES (@id, @type, @json::jsonb) ON CONFLICT DO NOTHING", new { id, type, json });
        return Results.Ok(new { received = true });
    }

    private static bool IsSigned(string json, string header, string secret)
    {
        var parts = header.Split(',').Select(p => p.Split('=', 2)).ToLookup(p => p[0], p => p[^1]);
        var timestamp = parts["t"].First();
        var expected = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{timestamp}.{json}")));
        var age = TimeProvider.System.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(long.Parse(timestamp, CultureInfo.InvariantCulture));
        return age < TimeSpan.FromMinutes(5)
            && parts["v1"].Any(v => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(v), Encoding.UTF8.GetBytes(expected)));
    }

    private static async Task SinkAsync(HttpContext context, IReadOnlyList<byte[]> secrets)
    {
        var length = (int)context.Request.ContentLength!;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        var read = await context.Request.BodyReader.ReadAtLeastAsync(length);
        read.Buffer.CopyTo(buffer);
        context.Request.BodyReader.AdvanceTo(read.Buffer.End);
        var signed = StripeSignature.Verify(
            buffer.AsSpan(0, length), context.Request.Headers["Stripe-Signature"].ToString(), secrets,
            TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(5))
            && EnvelopeScan.TryScan(buffer.AsSpan(0, length), out _);
        ArrayPool<byte>.Shared.Return(buffer);
        context.Response.StatusCode = (int)(signed ? HttpStatusCode.OK : HttpStatusCode.BadRequest);
        context.Response.ContentType = "application/json";
        context.Response.BodyWriter.Write("""{"received":true}"""u8);
    }
}
