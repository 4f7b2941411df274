using BillingMonolith.Host.Access;
using BillingMonolith.SharedKernel;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Edge;

/// <summary>The outermost layer: applies to every request, before routing.</summary>
internal static class EdgePipeline
{
    public static IServiceCollection AddEdge(this IServiceCollection services)
    {
        services.AddSingleton<AddressLimiter>().AddSingleton<StripeSources>();
        // Last, so that ASPNETCORE_FORWARDEDHEADERS_ENABLED cannot make every sender a proxy.
        services.AddOptions<ForwardedHeadersOptions>().PostConfigure<IOptions<AccessOptions>>((forwarded, access) => Trust(forwarded, access.Value));
        return services;
    }

    /// <summary>Before everything else, including routing, because a webhook's endpoint runs in routing.</summary>
    public static IApplicationBuilder UseEdge(this IApplicationBuilder app) => app
        .UseForwardedHeaders()
        .UseMiddleware<RequestLog>()
        .UseMiddleware<SecurityHeaders>()
        .UseMiddleware<PublicHost>();

    /// <summary>Back along the chain of proxies for as long as each is one of ours. Without any, the framework would trust the header of everybody.</summary>
    internal static void Trust(ForwardedHeadersOptions forwarded, AccessOptions access)
    {
        forwarded.ForwardedHeaders = access.KnownProxies.Count > 0 ? ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto : ForwardedHeaders.None;
        forwarded.ForwardLimit = null;
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in access.KnownProxies) if (AddressRange.TryParse(proxy, out var range)) forwarded.KnownIPNetworks.Add(range);
    }
}
