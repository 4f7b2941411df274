using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Access;

/// <summary>A world with one host, and a browser in front of it.</summary>
internal sealed class Visit(Journey journey, Browser browser) : IAsyncDisposable
{
    /// <param name="cluster">Where the database is made.</param>
    /// <param name="user">Who is signed in already; null = nobody.</param>
    public static async Task<Visit> StartAsync(Cluster cluster, KeycloakUser? user = null)
    {
        var visit = new Visit(await Journey.StartAsync(cluster, hosts: 1, SignedIn.NoWorkers), new Browser());
        var (_, browser, origin) = visit;
        if (user is not null) await browser.SignInAsync(origin, user);
        return visit;
    }

    public void Deconstruct(out Journey itsJourney, out Browser itsBrowser, out string origin) =>
        (itsJourney, itsBrowser, origin) = (journey, browser, journey.World.HostUrl);

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await journey.DisposeAsync();
    }
}
