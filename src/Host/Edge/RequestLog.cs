using System.Net;
using BillingMonolith.Host.Callers;
using BillingMonolith.Host.Http;

namespace BillingMonolith.Host.Edge;

/// <summary>
/// One line for each request, without its query, headers or body, because those may hold secrets. An accepted webhook has its record in the inbox and
/// none here.
/// </summary>
internal sealed partial class RequestLog(RequestDelegate next, ILoggerFactory loggers, TimeProvider time)
{
    private readonly ILogger log = loggers.CreateLogger("BillingMonolith.Host.Requests");

    public async Task InvokeAsync(HttpContext context)
    {
        var start = time.GetTimestamp();
        var path = context.Request.Path;
        try
        {
            await next(context);
        }
        finally
        {
            if (Level(Surfaces.Of(path), Status(context)) is var level && log.IsEnabled(level)) Write(level, context, path, time.GetElapsedTime(start));
        }
    }

    internal static LogLevel Level(Surface surface, int status) => (surface, status) switch
    {
        (Surface.Webhook, >= 200 and < 300) => LogLevel.None,
        (Surface.Health, >= 200 and < 300) => LogLevel.Debug,
        _ => LogLevel.Information,
    };

    // The path percent-encoded, as received: no control character in it can end the line or colour the terminal.
    private void Write(LogLevel level, HttpContext context, PathString path, TimeSpan took) => Answered(
        log, level, context.Request.Method, path.ToUriComponent(), Status(context), Math.Round(took.TotalMilliseconds, 1),
        context.Connection.RemoteIpAddress, context.User.UserId,
        Problem.TraceId(context));

    private static int Status(HttpContext context) => !context.Response.HasStarted && context.RequestAborted.IsCancellationRequested
        ? StatusCodes.Status499ClientClosedRequest
        : context.Response.StatusCode;

    [LoggerMessage(Message = "{Method} {Path} {Status} in {Milliseconds} ms for {RemoteAddress}, user {UserId}, trace {TraceId}")]
    private static partial void Answered(
        ILogger log, LogLevel level, string method, string path, int status, double milliseconds, IPAddress? remoteAddress, string? userId, string traceId);
}
