using System.Net;

namespace BillingMonolith.SharedKernel;

/// <summary>
/// The request cannot be fulfilled in the present state. It rolls back the whole command. The caller may read every word of it: write nothing
/// into it that belongs to somebody else.
/// </summary>
/// <param name="status">The HTTP status that fits best: 404, 409, 422 …</param>
/// <param name="error">The error code, kebab-case: <c>user-not-found</c>.</param>
/// <param name="detail">For people: the problem and the remedy.</param>
public sealed class RefusalException(HttpStatusCode status, string error, string detail) : Exception(detail)
{
    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status => status;

    /// <summary>The error code.</summary>
    public string Error => error;

    /// <summary>The time after which to retry; null = time does not help.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
