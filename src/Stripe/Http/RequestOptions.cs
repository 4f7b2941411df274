namespace Stripe;

/// <summary>How to send one request.</summary>
public sealed class RequestOptions
{
    /// <summary>
    /// At most 255 characters. Stripe answers a repeat with the first answer for at least 24 hours: for what may come later, look the object up first.
    /// Without one, each POST gets its own, the same on its retries.
    /// </summary>
    public string? IdempotencyKey { get; init; }
}

/// <summary>Parameters that every request takes.</summary>
public abstract class BaseOptions
{
    /// <summary>The members to send as whole objects instead of ids, such as <c>subscription</c> or <c>line_items</c>.</summary>
    public IReadOnlyList<string>? Expand { get; init; }
}

/// <summary>Parameters that every list takes. The newest come first.</summary>
public abstract class ListOptions : BaseOptions
{
    /// <summary>1 to 100; Stripe's default is 10.</summary>
    public int? Limit { get; init; }

    /// <summary>The last id of the page before.</summary>
    public string? StartingAfter { get; init; }

    /// <summary>The first id of the page after.</summary>
    public string? EndingBefore { get; init; }
}

/// <summary>Nothing but what to expand.</summary>
internal sealed class GetOptions : BaseOptions;
