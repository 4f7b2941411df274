using System.Security.Cryptography;
using System.Text.Json;
using MediatR;
using Microsoft.Net.Http.Headers;

namespace BillingMonolith.Host.Api;

/// <summary>
/// This host's copy of data that is read often and changed seldom. Every change drops it with its commit, by a notice; a lost notice is made
/// good by the copy's age limit.
/// </summary>
internal sealed class HostCopy<T>(Func<IMediator, Task<T>> read, IServiceScopeFactory scopes, TimeProvider time)
{
    private static readonly TimeSpan Oldest = TimeSpan.FromMinutes(1);

    private readonly Lock change = new();
    private Copy? current;

    /// <summary>From memory when nothing changed.</summary>
    public Task<T> ReadAsync(CancellationToken cancellationToken) => Current().WaitAsync(cancellationToken);

    /// <summary>The next caller reads anew, also when an earlier read is still under way.</summary>
    public void Drop()
    {
        lock (change) current = null;
    }

    // One read for all concurrent callers; it does not end with any of them.
    private Task<T> Current()
    {
        lock (change)
        {
            if (current is null || current.Value.IsFaulted || time.GetElapsedTime(current.Since) > Oldest)
                current = new Copy(time.GetTimestamp(), Task.Run(LoadAsync));
            return current.Value;
        }
    }

    private async Task<T> LoadAsync()
    {
        await using var scope = scopes.CreateAsyncScope();
        return await read(scope.ServiceProvider.GetRequiredService<IMediator>());
    }

    private sealed record Copy(long Since, Task<T> Value);
}

/// <summary>An answer as the bytes to send, with its ETag.</summary>
internal sealed record KeptAnswer(ReadOnlyMemory<byte> Body, EntityTagHeaderValue Tag)
{
    public static KeptAnswer Of<T>(T answer, JsonSerializerOptions json)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(answer, json);
        return new KeptAnswer(body, TagOf(body));
    }

    /// <summary>The ETag of this content.</summary>
    public static EntityTagHeaderValue TagOf(ReadOnlySpan<byte> said) => new($"\"{Convert.ToHexStringLower(SHA256.HashData(said).AsSpan(0, 16))}\"");

    /// <param name="context">The request.</param>
    /// <param name="who"><c>private</c> or <c>public</c>: the caches that may store it. They revalidate each time, which costs a 304.</param>
    public IResult For(HttpContext context, string who)
    {
        context.Response.Headers.CacheControl = $"{who}, no-cache";
        return Results.Bytes(Body, "application/json; charset=utf-8", entityTag: Tag);
    }
}
