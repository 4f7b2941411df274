using BillingMonolith.Host.Access;
using BillingMonolith.Host.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace BillingMonolith.Host.Edge;

/// <summary>
/// Requests are answered under known host names only, and every generated address begins with the configured origin, whatever the Host
/// header is. Webhooks (authentic by their signature) and health (called by address) are answered under any name.
/// </summary>
internal sealed class PublicHost(RequestDelegate next, IOptions<AccessOptions> access)
{
    private readonly IList<StringSegment>? names = Names(access.Value);
    private readonly string? scheme = access.Value.Origin?.Scheme;
    private readonly HostString host = access.Value.Origin is { } origin ? new HostString(origin.Authority) : default;

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (names is not null && !Answers(names, request.Host) && Surfaces.Of(request.Path) is not (Surface.Webhook or Surface.Health))
        {
            return Problem.WriteAsync(context, StatusCodes.Status400BadRequest, "unknown-host",
                "This service is not reached under this host name. If it should be, add the name to Access:AllowedHosts.");
        }

        if (scheme is not null)
        {
            request.Scheme = scheme;
            request.Host = host;
        }

        return next(context);
    }

    /// <summary>The names under which requests are answered; null = any.</summary>
    internal static IList<StringSegment>? Names(AccessOptions access) => access is { Origin: null, AllowedHosts.Count: 0 }
        ? null
        : [.. access.AllowedHosts, .. access.Origin is { } origin ? [origin.Host] : (string[])[], "localhost", "127.0.0.1", "[::1]"];

    /// <summary>Ignores the port.</summary>
    internal static bool Answers(IList<StringSegment> names, HostString host) => host.HasValue && HostString.MatchesAny(host.Host, names);
}
