using System.Net.Http.Headers;
using System.Text.Json;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Sandbox.Webhooks;

/// <summary>An administrator who adds the receiver of this world as an endpoint, as in production: over the API.</summary>
internal static class Subscriber
{
    private static readonly HttpMessageInvoker Http = new(new SocketsHttpHandler());

    /// <param name="world">With a host that runs.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="types">What it hears; none = everything.</param>
    /// <returns>The endpoint's id.</returns>
    public static async Task<Guid> AddAsync(World world, CancellationToken cancellationToken, params string[] types)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{world.HostUrl}/api/v1/admin/webhook-endpoints")
        {
            Content = JsonContent.Create(new { url = world.Receiver.Hook, event_types = types, description = "The sandbox" }),
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", world.Keycloak.AccessTokenFor(DemoUsers.Admin)) },
        };
        using var answer = await Http.SendAsync(request, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException($"The endpoint was refused: {(int)answer.StatusCode} {text}");
        var created = JsonElement.Parse(text);
        world.Receiver.Trust(created.GetProperty("secret").GetString()!);
        return created.GetProperty("id").GetGuid();
    }
}
