using System.Globalization;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.SharedKernel;
using FluentValidation;
using Microsoft.Extensions.Options;
using Npgsql;
using Stripe;

namespace BillingMonolith.Host.Reconcile;

/// <summary>
/// The request rate of the reconciler: so many requests a second at Stripe, and a pause for every neighbour that asks for one. It has time; the work of the
/// inbox has precedence.
/// </summary>
internal sealed class Pace(IOptions<ReconcileOptions> options, TimeProvider time, ILogger<Pace> log)
{
    private const int MostTries = 5;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);
    private readonly Lock gate = new();
    private DateTimeOffset next;
    private long page = 100;

    /// <summary>Sends Stripe a request, in its turn.</summary>
    public Task<T> StripeAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken) => PatientlyAsync(async () =>
    {
        if (Turn() is { Ticks: > 0 } wait) await Task.Delay(wait, time, cancellationToken);
        return await ask();
    }, cancellationToken);

    /// <summary>Requests a page from Stripe: a hundred objects, or fewer when so many are too large an answer.</summary>
    public async Task<T> PageAsync<T>(Func<long, Task<T>> ask, CancellationToken cancellationToken)
    {
        while (true)
        {
            var limit = page;
            try
            {
                return await StripeAsync(() => ask(limit), cancellationToken);
            }
            catch (StripeException e) when (e.IsTooLarge && limit > 1)
            {
                page = Math.Max(1, limit / 5);
                log.LogInformation("A page of {Count} is too large; from now on they have {Fewer}", limit, page);
            }
        }
    }

    /// <summary>Retries, later, while the neighbour's error is transient; a few times, and then it fails.</summary>
    public async Task<T> PatientlyAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ask();
            }
            catch (Exception e) when (attempt < MostTries && Wait(e, attempt) is not null && !cancellationToken.IsCancellationRequested)
            {
                var wait = Wait(e, attempt)!.Value;
                log.LogWarning("Reconcile waits {Seconds} s: {Reason}", wait.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture), e.Message);
                await Task.Delay(wait, time, cancellationToken);
            }
        }
    }

    private TimeSpan Turn()
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            var turn = next > now ? next : now;
            next = turn + TimeSpan.FromSeconds(1.0 / options.Value.StripePerSecond);
            return turn - now;
        }
    }

    private static TimeSpan? Wait(Exception failure, int attempt)
    {
        var asked = failure switch
        {
            RetryAfterException { Delay: var delay } => delay,
            StripeException { RetryAfter: { } delay } => delay,
            StripeException { IsTransient: false } or StripeException { IsTooLarge: true } => (TimeSpan?)null,
            NpgsqlException or OperationCanceledException or ValidationException => null,
            _ => TimeSpan.FromSeconds(Math.Pow(2, attempt - 1)), // an answer of a neighbour that is unusable
        };
        return asked < Longest ? asked : asked is null ? null : Longest;
    }
}
