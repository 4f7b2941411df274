using System.Text.Json;

namespace BillingMonolith.SharedKernel;

/// <summary>The result of an audited action, as stored in <c>audit_logs.result</c>.</summary>
public enum AuditResult
{
    /// <summary>It was done.</summary>
    Success,
    /// <summary>It was refused for what it asked: a person must look.</summary>
    Failure,
    /// <summary>It failed for a fault of ours or of a neighbour.</summary>
    Error,
    /// <summary>The caller was not allowed to.</summary>
    Denied,
}

/// <summary>Who asked for a command over HTTP.</summary>
/// <param name="UserId">The Keycloak user id; of a service, its service account's.</param>
/// <param name="Username">The name that people know.</param>
/// <param name="IpAddress">Where the request came from.</param>
/// <param name="UserAgent">With what; cut to a length that a row can bear.</param>
public sealed record Actor(string UserId, string? Username, string? IpAddress, string? UserAgent);

/// <summary>One row of <c>audit_logs</c>: who did what to which thing, with what result, and because of what.</summary>
/// <param name="Action">What was done, <c>thing.verb</c>: <c>subscription.created</c>, <c>credit.allocate</c>, <c>tier.changed</c> …</param>
/// <param name="ResourceType">The kind of thing: <c>subscription</c>, <c>purchase</c>, <c>user</c>, <c>event</c>.</param>
/// <param name="ResourceId">Its id in its own system.</param>
/// <param name="Cause">The Stripe event or the request that led to it.</param>
public sealed record AuditEntry(string Action, string ResourceType, string ResourceId, string Cause)
{
    /// <summary>The user whom it concerns (a Keycloak user id, never an e-mail address); without one, whoever asked.</summary>
    public string? UserId { get; init; }

    /// <summary>How it ended.</summary>
    public AuditResult Result { get; init; } = AuditResult.Success;

    /// <summary>What went wrong, for people; null on success.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>Facts worth keeping (amounts in minor units with their currency, before and after); serialised as JSON. Never a secret.</summary>
    public object? Metadata { get; init; }

    internal string MetadataJson => Metadata is null ? "{}" : JsonSerializer.Serialize(Metadata);
}
