using Npgsql;

namespace BillingMonolith.Host.Api;

/// <summary>Looks for what no notice told.</summary>
internal sealed class FeatureWatch(FeatureCache features, TimeProvider time, ILogger<FeatureWatch> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await features.LookAsync(stoppingToken);
            }
            catch (NpgsqlException e)
            {
                log.LogWarning("Changes of entitlements could not be looked for ({Reason}); features are read from the database until they can", e.Message);
            }

            await Task.Delay(features.Poll, time, stoppingToken);
        }
    }
}
