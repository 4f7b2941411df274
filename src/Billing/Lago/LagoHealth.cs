using Dapper;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Billing.Lago;

/// <summary>Whether subscriptions can be made in Lago: it answers, accepts our key, and has the plans that the catalogue of tiers names.</summary>
internal sealed class LagoHealth(IHttpClientFactory clients, IOptionsMonitor<LagoOptions> options, NpgsqlDataSource database) : IHealthCheck
{
    /// <summary>A client of its own: the Host gives it neither retries nor the breaker of the work.</summary>
    public const string HttpClientName = "lago-health";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var failed = context.Registration.FailureStatus;
        IReadOnlyDictionary<string, LagoPlan>? plans = null;
        try
        {
            plans = await clients.Client(HttpClientName).PlansAsync(cancellationToken);
            var missing = (await SoldAsync(cancellationToken)).Where(code => !plans.ContainsKey(code)).ToList();
            return missing.Count == 0
                ? HealthCheckResult.Healthy()
                : new HealthCheckResult(failed, $"Lago has no plan {string.Join(", ", missing.Select(code => $"'{code}'"))}: run `setup lago`, "
                    + "which creates it, or correct the tiers' plan codes (PUT /api/v1/admin/tiers/…). Until then subscriptions of these tiers are parked.");
        }
        catch (LagoException e)
        {
            return new HealthCheckResult(failed, e.Message);
        }
        catch (Exception e) when (e is NpgsqlException || (plans is not null && e is OperationCanceledException))
        {
            return new HealthCheckResult(failed, $"Lago answers, but which plans it must have could not be read from the database ({e.Message}).");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            var why = e is OperationCanceledException ? "in time" : $"({e.Message})";
            return new HealthCheckResult(failed, $"Lago at {options.CurrentValue.ApiUrl} does not answer {why}. Is it up, and is Lago:Url right? "
                + "Subscriptions are made there when it is back; nothing is lost.");
        }
    }

    private async Task<IEnumerable<string>> SoldAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QueryAsync<string>(new CommandDefinition("""
            SELECT DISTINCT CASE p.cycle WHEN 'yearly' THEN t.lago_plan_yearly ELSE t.lago_plan_monthly END
            FROM billing_tiers t JOIN billing_tier_prices p ON p.tier_id = t.id WHERE t.active
            ORDER BY 1
            """, cancellationToken: cancellationToken));
    }
}
