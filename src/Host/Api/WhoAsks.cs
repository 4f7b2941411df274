using System.Net;
using BillingMonolith.Audit;
using BillingMonolith.Host.Access;

namespace BillingMonolith.Host.Api;

/// <summary>Tells the request's unit of work who asks, for the audit log.</summary>
internal sealed class WhoAsks(RequestDelegate next)
{
    private const int LongestUserAgent = 300;

    public Task InvokeAsync(HttpContext context)
    {
        if (context.User.UserId is { } caller)
        {
            context.RequestServices.GetRequiredService<UnitOfWork>().Actor =
                new Actor(caller, context.User.Username, Address(context.Connection.RemoteIpAddress), Cut(context.Request.Headers.UserAgent.ToString()));
        }

        return next(context);
    }

    // IPv4 as such; no zone (fe80::1%eth0), which PostgreSQL does not take.
    private static string? Address(IPAddress? address) => address switch
    {
        null => null,
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        _ => new IPAddress(address.GetAddressBytes()).ToString(),
    };

    private static string? Cut(string text)
    {
        if (text.Length == 0) return null;
        if (text.Length <= LongestUserAgent) return text;
        return text[..(char.IsHighSurrogate(text[LongestUserAgent - 1]) ? LongestUserAgent - 1 : LongestUserAgent)];
    }
}
