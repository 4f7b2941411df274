using System.Security.Cryptography;
using System.Text.Json;
using MediatR;
using Microsoft.Net.Http.Headers;

namespace BillingMonolith.Host.Api;

/// <summary>
/// This host's copy of something that is read often and changed seldom. Every change drops it with its commit, by a notice; one that got lost is made
/// good by the copy's age.
/// </summary>
internal sealed class HostCopy<T>(Func<IMediator, Task<T>> read, IServiceScopeFactory scopes, TimeProvider time)
{
    private static readonly TimeSpan Oldest = TimeSpan.FromMinutes(1);

    private readonly Lock change = new();
    private Copy? current;

    /// <summary>From memory when nothing changed.</summary>
    public Task<T> ReadAsync(CancellationToken cancellationToken) => Current().WaitAsync(cancellationToken);

    /// <summary>The next reader reads anew, also when a reading that began before is still under way.</summary>
    public void Drop()
    {
        lock (change) current = null;
    }

    // One reading for all who ask meanwhile; it ends with none of them.
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

/// <summary>An answer as the bytes that are sent, with the tag by which a browser asks whether it is still so.</summary>
internal sealed record KeptAnswer(ReadOnlyMemory<byte> Body, EntityTagHeaderValue Tag)
{
    public static KeptAnswer Of<T>(T answer, JsonSerializerOptions json)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(answer, json);
        return new KeptAnswer(body, TagOf(body));
    }

    /// <summary>The tag of an answer that says this.</summary>
    public static EntityTagHeaderValue TagOf(ReadOnlySpan<byte> said) => new($"\"{Convert.ToHexStringLower(SHA256.HashData(said).AsSpan(0, 16))}\"");

    /// <param name="context">The request.</param>
    /// <param name="who"><c>private</c> or <c>public</c>: who may keep it. They ask each time, and that costs a 304.</param>
    public IResult For(HttpContext context, string who)
    {
        context.Response.Headers.CacheControl = $"{who}, no-cache";
        return Results.Bytes(Body, "application/json; charset=utf-8", entityTag: Tag);
    }
}
