using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BillingMonolith.SharedKernel;

/// <summary>
/// Work that runs by the clock, on every host. An exception ends one round: the next round comes, and the host goes on. Rounds are spread, because
/// hosts that started together must not work at the same time.
/// </summary>
/// <param name="name">The name in the log.</param>
/// <param name="time">The clock by which it waits.</param>
/// <param name="random">Spreads the rounds.</param>
/// <param name="log">The log for errors.</param>
public abstract class Sweep(string name, TimeProvider time, Random random, ILogger log) : BackgroundService
{
    /// <summary>The longest wait between two rounds; the shortest is half of it.</summary>
    protected abstract TimeSpan Every { get; }

    /// <summary>Whether the first round runs at once.</summary>
    protected virtual bool StartsAtOnce => true;

    /// <summary>The log for errors.</summary>
    protected ILogger Log => log;

    /// <summary>One round: does all due work.</summary>
    public abstract Task SweepAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!StartsAtOnce) await WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogWarning("{Sweep} failed, and is tried again: {Type}: {Reason}", name, e.GetType().Name, e.Message);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await WaitAsync(stoppingToken);
        }
    }

    private async Task WaitAsync(CancellationToken stopping) =>
        await Task.Delay(Every * (0.5 + (random.NextDouble() / 2)), time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
