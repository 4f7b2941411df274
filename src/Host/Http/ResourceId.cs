using System.Net;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Host.Http;

/// <summary>An id of ours in an address. Text that is no UUID finds nothing: it is checked in the route, so that permissions are checked first.</summary>
internal static class ResourceId
{
    public static Guid Read(string id) => Guid.TryParseExact(id, "D", out var read) ? read
        : throw new RefusalException(HttpStatusCode.NotFound, "not-found", "There is nothing with this id.");
}
