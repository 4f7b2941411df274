using BillingMonolith.Host.Neighbours;
using BillingMonolith.SharedKernel;
using FluentValidation;
using Microsoft.AspNetCore.Diagnostics;
using Npgsql;
using Polly.Timeout;
using Stripe;

namespace BillingMonolith.Host.Http;

/// <summary>
/// An exception as a problem response: an error of the caller, an outage of a neighbour or the database, or a fault of ours, of which the caller
/// gets the trace id and the log gets everything.
/// </summary>
internal sealed class Faults(ILogger<Faults> log) : IExceptionHandler
{
    private const int RetryAfterSeconds = 5;
    private const int LongestRetrySeconds = 3600;

    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        await (exception switch
        {
            RefusalException refused => RefusedAsync(context, refused),
            ValidationException invalid => InvalidAsync(context, InvalidInput.Of(invalid)),
            BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } bad => InvalidAsync(context, InvalidInput.Of(bad)),
            BadHttpRequestException bad => Problem.WriteAsync(context, bad.StatusCode),
            // A NUL: JSON and an address can carry it, a text of the database cannot.
            PostgresException { SqlState: PostgresErrorCodes.UntranslatableCharacter or PostgresErrorCodes.CharacterNotInRepertoire } =>
                InvalidAsync(context, errors: null),
            _ when WaitFor(exception) is { } seconds => UnavailableAsync(context, exception, seconds),
            _ => FailedAsync(context, exception),
        });
        return true;
    }

    private static Task RefusedAsync(HttpContext context, RefusalException refused)
    {
        if (refused.RetryAfter is { } wait) context.Response.Headers.RetryAfter = Seconds(wait);
        return Problem.WriteAsync(context, (int)refused.Status, refused.Error, refused.Message);
    }

    private static Task InvalidAsync(HttpContext context, Dictionary<string, string[]>? errors) =>
        Problem.WriteAsync(context, StatusCodes.Status400BadRequest, "invalid-input", "The request is not as it must be.", errors);

    private Task UnavailableAsync(HttpContext context, Exception exception, string seconds)
    {
        // The caller cannot repair a permanent refusal by Stripe, and waiting does not help.
        log.Log(exception is StripeException { IsTransient: false } ? LogLevel.Error : LogLevel.Warning,
            "{Method} {Path} (trace {TraceId}) cannot be done now: {Type}: {Reason}",
            context.Request.Method, context.Request.Path, Problem.TraceId(context), exception.GetType().Name, exception.Message);
        context.Response.Headers.RetryAfter = seconds;
        return Problem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "unavailable", "This cannot be done now. Try again later.");
    }

    private Task FailedAsync(HttpContext context, Exception exception)
    {
        log.LogError(exception, "{Method} {Path} (trace {TraceId}) failed", context.Request.Method, context.Request.Path, Problem.TraceId(context));
        return Problem.WriteAsync(context, StatusCodes.Status500InternalServerError, "internal-error", detail: null);
    }

    /// <summary>The retry delay in seconds of a transient failure; null for everything else.</summary>
    private static string? WaitFor(Exception exception) => exception switch
    {
        RetryAfterException asked => Seconds(asked.Delay),
        KeysUnavailableException asked => Seconds(asked.RetryAfter),
        NpgsqlException { IsTransient: true } or PostgresException { SqlState: ['5', '7', 'P', ..] } => Seconds(TimeSpan.FromSeconds(RetryAfterSeconds)),
        StripeException asked => Seconds(asked.RetryAfter ?? TimeSpan.FromSeconds(RetryAfterSeconds)),
        HttpRequestException or TimeoutRejectedException or TimeoutException or OperationCanceledException =>
            Seconds(TimeSpan.FromSeconds(RetryAfterSeconds)),
        _ => null,
    };

    private static string Seconds(TimeSpan wait) => $"{Math.Clamp(Math.Ceiling(wait.TotalSeconds), 1, LongestRetrySeconds):0}";
}
