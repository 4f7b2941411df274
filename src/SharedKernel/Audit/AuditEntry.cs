using System.Text.Json;

namespace BillingMonolith.SharedKernel;

/// <summary>The result of an audited action, as stored in <c>audit_logs.result</c>.</summary>
public enum AuditResult
{
    /// <summary>Success.</summary>
    Success,
    /// <summary>Refused because of the request itself: a person must look.</summary>
    Failure,
    /// <summary>Failed because of a fault here or in a neighbour system.</summary>
    Error,
    /// <summary>The caller lacked the permission.</summary>
    Denied,
}

/// <summary>The caller of a command over HTTP.</summary>
/// <param name="UserId">The Keycloak user id; of a service, its service account's.</param>
/// <param name="Username">The username.</param>
/// <param name="IpAddress">The address that the request came from.</param>
/// <param name="UserAgent">The user agent; cut to the length of the column.</param>
public sealed record Actor(string UserId, string? Username, string? IpAddress, string? UserAgent);

/// <summary>One row of <c>audit_logs</c>: the actor, the action, the thing, the result and the cause.</summary>
/// <param name="Action">The action as <c>thing.verb</c>: <c>subscription.created</c>, <c>credit.allocate</c>, <c>tier.changed</c> …</param>
/// <param name="ResourceType">The kind of thing: <c>subscription</c>, <c>purchase</c>, <c>user</c>, <c>event</c>.</param>
/// <param name="ResourceId">Its id in its own system.</param>
/// <param name="Cause">The Stripe event or the request that led to it.</param>
public sealed record AuditEntry(string Action, string ResourceType, string ResourceId, string Cause)
{
    /// <summary>The user concerned (a Keycloak user id, never an e-mail address); without one, the caller.</summary>
    public string? UserId { get; init; }

    /// <summary>The result.</summary>
    public AuditResult Result { get; init; } = AuditResult.Success;

    /// <summary>The error message for people; null on success.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>Useful facts (amounts in minor units with their currency, before and after); serialised as JSON. Never a secret.</summary>
    public object? Metadata { get; init; }

    internal string MetadataJson => Metadata is null ? "{}" : JsonSerializer.Serialize(Metadata);
}
