using BillingMonolith.Journeys.Kit;

namespace BillingMonolith.Journeys.Access;

[CollectionDefinition(nameof(AccessHost))]
public sealed class AccessHostGroup : ICollectionFixture<AccessHost>;

/// <summary>One host for the cases that harm nobody: tables of requests and what is answered.</summary>
public sealed class AccessHost(Cluster cluster) : IAsyncLifetime
{
    internal Journey Journey { get; private set; } = null!;

    internal string Url => Journey.World.HostUrl;

    public async ValueTask InitializeAsync() => Journey = await Journey.StartAsync(cluster, hosts: 1, new(SignedIn.NoWorkers) { ["Limits__ApiPerMinute"] = "10000", ["Limits__PurchasesPerMinute"] = "10000" });

    public ValueTask DisposeAsync() => Journey.DisposeAsync();
}
