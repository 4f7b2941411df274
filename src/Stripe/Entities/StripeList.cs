using System.Collections;

namespace Stripe;

/// <summary>One page of a list.</summary>
/// <param name="Data">The items of this page, in Stripe's order.</param>
/// <param name="HasMore">True when there are more pages: ask again with <c>starting_after</c> the last id.</param>
public sealed record StripeList<T>(IReadOnlyList<T> Data, bool HasMore) : IReadOnlyList<T>
{
    /// <summary>No items.</summary>
    public static StripeList<T> Empty { get; } = new([], HasMore: false);

    /// <inheritdoc/>
    public int Count => Data.Count;

    /// <inheritdoc/>
    public T this[int index] => Data[index];

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => Data.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
