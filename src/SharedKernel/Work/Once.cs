namespace BillingMonolith.SharedKernel;

/// <summary>
/// A command that moves money because somebody asked over HTTP: done once per key, however often it is asked. The same command under the same
/// key gets the first answer again; another command under it is refused.
/// </summary>
public interface IOnce
{
    /// <summary>Who asked, and under which key.</summary>
    RequestKey Once { get; }
}

/// <summary>The key of a request (header <c>Idempotency-Key</c>). Keys of two callers have nothing to do with each other.</summary>
/// <param name="Caller">The Keycloak user id of who asks.</param>
/// <param name="Key">1 to 255 printable ASCII characters, the caller's choice.</param>
/// <param name="Operation">The name of what is asked, as the API's description has it: the same key for another operation is refused.</param>
/// <param name="RequestId">The request, for the audit log; a repeat of the command is another request.</param>
public sealed record RequestKey(string Caller, string Key, string Operation, string RequestId);
