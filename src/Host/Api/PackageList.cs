using System.Security.Cryptography;
using System.Text.Json;
using BillingMonolith.Credits;
using MediatR;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace BillingMonolith.Host.Api;

/// <summary>
/// This host's copy of the catalogue, as the bytes of its answers. Every change of the catalogue drops it with its commit, by a notice; one that got
/// lost is made good by the copy's age.
/// </summary>
internal sealed class PackageList(IServiceScopeFactory scopes, IOptions<JsonOptions> json, TimeProvider time)
{
    public const string Channel = "catalogue";
    private static readonly TimeSpan Oldest = TimeSpan.FromMinutes(1);

    private readonly Lock change = new();
    private Copy? current;

    /// <summary>The answer; from memory when nothing changed.</summary>
    public async Task<Answer> ReadAsync(bool includeInactive, CancellationToken cancellationToken)
    {
        var (forSale, all) = await Current().WaitAsync(cancellationToken);
        return includeInactive ? all : forSale;
    }

    /// <summary>What is for sale; from memory too.</summary>
    public async Task<IReadOnlyList<CreditPackage>> ForSaleAsync(CancellationToken cancellationToken) =>
        (await Current().WaitAsync(cancellationToken)).ForSale.Packages;

    /// <summary>The next reader reads anew, also when a reading that began before is still under way.</summary>
    public void Drop()
    {
        lock (change) current = null;
    }

    // One reading for all who ask meanwhile; it ends with none of them.
    private Task<(Answer ForSale, Answer All)> Current()
    {
        lock (change)
        {
            if (current is null || current.Answers.IsFaulted || time.GetElapsedTime(current.Since) > Oldest)
                current = new Copy(time.GetTimestamp(), Task.Run(LoadAsync));
            return current.Answers;
        }
    }

    private async Task<(Answer ForSale, Answer All)> LoadAsync()
    {
        await using var scope = scopes.CreateAsyncScope();
        var all = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new ReadPackages(), CancellationToken.None);
        return (Render([.. all.Where(p => p.IsActive)]), Render(all));
    }

    private Answer Render(IReadOnlyList<CreditPackage> packages)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(packages, json.Value.SerializerOptions);
        return new Answer(packages, body, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 16))}\""));
    }

    internal sealed record Answer(IReadOnlyList<CreditPackage> Packages, ReadOnlyMemory<byte> Body, EntityTagHeaderValue Tag);

    private sealed record Copy(long Since, Task<(Answer ForSale, Answer All)> Answers);
}
