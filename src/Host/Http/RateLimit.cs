using BillingMonolith.Host.Callers;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Host.Http;

/// <summary>Refuses a caller's requests to the API beyond their limit. It runs before authorization: refused requests count too.</summary>
internal sealed class RateLimit(RequestDelegate next, RateWindows windows, IOptionsMonitor<LimitsOptions> options, ILogger<RateLimit> log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.User.UserId is { } caller && context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
            && await BeyondAsync(context, caller) is { } wait)
        {
            context.Response.Headers.RetryAfter = $"{Math.Max(1, Math.Ceiling(wait.TotalSeconds)):0}";
            await Problem.WriteAsync(context, StatusCodes.Status429TooManyRequests, "rate-limited", "Too many requests. Wait, then go on more slowly.");
            return;
        }

        await next(context);
    }

    private async Task<TimeSpan?> BeyondAsync(HttpContext context, string caller)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(Patience);
        try
        {
            foreach (var limit in Limit.Of(context.GetEndpoint()))
                if (await windows.CountAsync(caller, limit, limit.PerMinute(options.CurrentValue), patience.Token) is { } wait) return wait;
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException && !context.RequestAborted.IsCancellationRequested)
        {
            // Without the database there is nothing to protect: a route that needs it will report the error itself.
            log.LogWarning("A request was not counted: {Reason}", e.Message);
        }

        return null;
    }
}
