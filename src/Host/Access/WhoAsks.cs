using System.Net;
using System.Security.Claims;
using BillingMonolith.Host.Callers;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Host.Access;

/// <summary>Sets the caller in the request's unit of work, for the audit log.</summary>
internal sealed class WhoAsks(RequestDelegate next)
{
    private const int LongestUserAgent = 300;

    public Task InvokeAsync(HttpContext context)
    {
        if (context.User.UserId is not null) context.RequestServices.GetRequiredService<UnitOfWork>().Actor = ActorOf(context.User, context);
        return next(context);
    }

    public static Actor ActorOf(ClaimsPrincipal caller, HttpContext context) =>
        new(caller.UserId!, caller.Username, Address(context.Connection.RemoteIpAddress), Cut(context.Request.Headers.UserAgent.ToString()));

    // IPv4 as such; no zone (fe80::1%eth0), because PostgreSQL does not accept one.
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
