using System.Collections.ObjectModel;

namespace Stripe;

/// <summary>A customer. E-mail addresses are not unique in Stripe: several customers can have the same one.</summary>
public sealed record Customer : IHasId
{
    /// <summary><c>cus_…</c></summary>
    public required string Id { get; init; }

    /// <summary>Not proven to be theirs.</summary>
    public string? Email { get; init; }

    /// <summary>Full name, or a company's.</summary>
    public string? Name { get; init; }

    /// <summary>Stripe answers 200 for a deleted customer, with nothing but the id and this.</summary>
    public bool Deleted { get; init; }

    /// <summary>When it was made; null when deleted.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>True for real money; null when deleted.</summary>
    public bool? Livemode { get; init; }

    /// <summary>The shop's own notes.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    internal static Customer Read(Fields json) => new()
    {
        Id = json.Id("id"),
        Email = json.TextOrNull("email"),
        Name = json.TextOrNull("name"),
        Deleted = json.FlagOrNull("deleted") ?? false,
        Created = json.TimeOrNull("created"),
        Livemode = json.FlagOrNull("livemode"),
        Metadata = json.Metadata(),
    };
}
