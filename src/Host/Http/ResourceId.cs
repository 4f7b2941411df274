using System.Net;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Host.Http;

/// <summary>An id of ours in an address. What is no UUID names nothing: it is asked for in the route, so that who may not ask learns that first.</summary>
internal static class ResourceId
{
    public static Guid Read(string id) => Guid.TryParseExact(id, "D", out var read) ? read
        : throw new RefusalException(HttpStatusCode.NotFound, "not-found", "There is nothing with this id.");
}
