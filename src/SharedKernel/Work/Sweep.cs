using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BillingMonolith.SharedKernel;

/// <summary>
/// Work that is done by the clock, on every host. Whatever a round throws, the next one comes: a host does not end because of it. Rounds are spread, because
/// hosts that started together must not work together.
/// </summary>
/// <param name="name">As the log calls it.</param>
/// <param name="time">The clock by which it waits.</param>
/// <param name="random">Spreads the rounds.</param>
/// <param name="log">Where it says what went wrong.</param>
public abstract class Sweep(string name, TimeProvider time, Random random, ILogger log) : BackgroundService
{
    /// <summary>The longest wait between two rounds; the shortest is half of it.</summary>
    protected abstract TimeSpan Every { get; }

    /// <summary>Whether the first round comes at once.</summary>
    protected virtual bool StartsAtOnce => true;

    /// <summary>Where the sweep says what went wrong.</summary>
    protected ILogger Log => log;

    /// <summary>One round: does everything that is due.</summary>
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
