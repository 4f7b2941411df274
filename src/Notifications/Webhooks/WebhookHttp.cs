using System.Net;
using System.Net.Sockets;
using BillingMonolith.SharedKernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Notifications;

/// <summary>An endpoint's name resolves to an address that others must not reach.</summary>
internal sealed class PrivateAddressException(string host)
    : Exception($"{host} has no address in the public internet. Webhooks__AllowPrivateNetworks=true lets webhooks into private networks.");

/// <summary>
/// The connections for webhooks: the address is checked at the moment of connecting, so that a name cannot change in between. No
/// redirect is followed and no proxy used.
/// </summary>
internal static class WebhookHttp
{
    public const string ClientName = "webhooks";

    // Addresses that the internet does not route: IANA's special-purpose registries (RFC 6890 and after), multicast, and IPv6 forms that carry an IPv4 address.
    private static readonly IReadOnlyList<IPNetwork> Private =
    [
        .. ((string[])["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
            "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7",
            "fe80::/10", "fec0::/10", "ff00::/8"]).Select(IPNetwork.Parse),
    ];

    public static IServiceCollection AddWebhookHttp(this IServiceCollection services)
    {
        services.AddHttpClient(ClientName)
            .ConfigureHttpClient((s, client) =>
            {
                client.Timeout = TimeSpan.FromSeconds(s.GetRequiredService<IOptions<WebhooksOptions>>().Value.TimeoutSeconds);
                client.DefaultRequestHeaders.UserAgent.ParseAdd("BillingMonolith-Webhooks/1");
            })
            .UseSocketsHttpHandler((handler, s) =>
            {
                var allowsPrivate = s.GetRequiredService<IOptions<WebhooksOptions>>().Value.AllowPrivateNetworks;
                handler.AllowAutoRedirect = false;
                handler.UseProxy = false;
                handler.UseCookies = false;
                handler.MaxResponseHeadersLength = 16; // KiB
                handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30);
                handler.PooledConnectionLifetime = TimeSpan.FromMinutes(2);
                handler.ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, allowsPrivate, cancellationToken);
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        return services;
    }

    /// <summary>Whether the address may be connected to.</summary>
    public static bool IsPublic(IPAddress address) => !Private.Contains(address);

    // The handler wraps exceptions of a callback, and keeps the message.
    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint endpoint, bool allowsPrivate, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(endpoint.Host, cancellationToken);
        var allowed = addresses.Where(a => allowsPrivate || IsPublic(a)).ToArray();
        if (allowed.Length == 0) throw new PrivateAddressException(endpoint.Host);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, endpoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
