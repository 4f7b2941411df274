namespace BillingMonolith.SharedKernel;

/// <summary>
/// A command that moves money because of a request over HTTP: it runs once per key, however often it is requested. The same command under the same
/// key gets the first answer again; another command under it is refused.
/// </summary>
public interface IOnce
{
    /// <summary>The caller and the key.</summary>
    RequestKey Once { get; }
}

/// <summary>The key of a request (header <c>Idempotency-Key</c>). Keys of different callers are independent.</summary>
/// <param name="Caller">The caller's Keycloak user id.</param>
/// <param name="Key">1 to 255 printable ASCII characters, the caller's choice.</param>
/// <param name="Operation">The name of the operation, as in the API's description: the same key for another operation is refused.</param>
/// <param name="RequestId">The request, for the audit log; a repeat of the command has another request id.</param>
public sealed record RequestKey(string Caller, string Key, string Operation, string RequestId);
