using System.Net;

namespace BillingMonolith.SharedKernel;

/// <summary>
/// What was asked cannot be done as things are. It undoes the whole command, and the caller may read every word of it: write nothing
/// into it that is not his.
/// </summary>
/// <param name="status">The HTTP status that says it best: 404, 409, 422 …</param>
/// <param name="error">The machine's word, kebab-case: <c>user-not-found</c>.</param>
/// <param name="detail">For people: what is wrong and what to do.</param>
public sealed class RefusalException(HttpStatusCode status, string error, string detail) : Exception(detail)
{
    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status => status;

    /// <summary>The machine's word.</summary>
    public string Error => error;

    /// <summary>When it may be asked again; null = not because of time.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
