using System.Net;

namespace Stripe;

/// <summary>The four things that one can do with a kind of object. The subclasses make those public that Stripe has for it.</summary>
/// <typeparam name="T">The entity.</typeparam>
public abstract class Service<T> where T : class, IHasId
{
    private readonly StripeClient client;
    private readonly string path;
    private readonly Func<Fields, T> read;

    private protected Service(StripeClient client, string path, Func<Fields, T> read) => (this.client, this.path, this.read) = (client, path, read);

    private protected Task<T> PostAsync(object? parameters, RequestOptions? options, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, parameters, options, cancellationToken);

    private protected Task<T> PostAsync(string id, object? parameters, RequestOptions? options, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, PathOf(id), parameters, options, cancellationToken);

    /// <summary>Something that the object can do: <c>POST /v1/…/{id}/{verb}</c>.</summary>
    private protected Task<T> ActAsync(string id, string verb, object? parameters, RequestOptions? options, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"{PathOf(id)}/{verb}", parameters, options, cancellationToken);

    /// <summary>Something that the whole kind can do: <c>POST /v1/…/{verb}</c>.</summary>
    private protected Task<T> ActAsync(string verb, object? parameters, RequestOptions? options, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"{path}/{verb}", parameters, options, cancellationToken);

    private protected Task<T> FetchAsync(string id, IReadOnlyList<string>? expand, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, PathOf(id), new GetOptions { Expand = expand }, options: null, cancellationToken);

    private protected Task<T> RemoveAsync(string id, object? parameters, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, PathOf(id), parameters, options: null, cancellationToken);

    private protected async Task<StripeList<T>> PageAsync(ListOptions? parameters, CancellationToken cancellationToken)
    {
        var page = await GetPageAsync(path, parameters, read, cancellationToken);
        return page.Value with { Data = [.. page.Value.Select(entity => Stamp(entity, page.Date))] };
    }

    private protected Task<StripeResponse<StripeList<TItem>>> GetPageAsync<TItem>(
        string pagePath, ListOptions? parameters, Func<Fields, TItem> readItem, CancellationToken cancellationToken) =>
        client.SendAsync(HttpMethod.Get, pagePath, parameters, page => page.AsList(readItem), options: null, cancellationToken);

    /// <summary>A place for the time of the answer, for entities that keep it.</summary>
    private protected virtual T Stamp(T entity, DateTimeOffset? date) => entity;

    /// <summary>Ids come from browsers too: what is no id names no object, and must not name another path.</summary>
    private protected string PathOf(string id) => id is null or "" or "." or ".."
        ? throw new StripeException($"{path}: \"{id}\" is not an id.")
        {
            HttpStatusCode = HttpStatusCode.NotFound,
            StripeError = new StripeError { Type = "invalid_request_error", Code = "resource_missing", Message = "Not an id.", Param = "id" },
        }
        : $"{path}/{Uri.EscapeDataString(id)}";

    private async Task<T> SendAsync(HttpMethod method, string requestPath, object? parameters, RequestOptions? options, CancellationToken cancellationToken)
    {
        var response = await client.SendAsync(method, requestPath, parameters, read, options, cancellationToken);
        return Stamp(response.Value, response.Date);
    }
}
