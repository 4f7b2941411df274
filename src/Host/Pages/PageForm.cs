using System.Net;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Host.Pages;

/// <summary>A form of one of our pages.</summary>
internal static class PageForm
{
    /// <exception cref="RefusalException">It is no form (415).</exception>
    public static async Task<IFormCollection> ReadAsync(HttpContext context, CancellationToken cancellationToken) =>
        context.Request.HasFormContentType ? await context.Request.ReadFormAsync(cancellationToken)
            : throw new RefusalException(HttpStatusCode.UnsupportedMediaType, "unsupported-media-type", "This address is for the form of the page.");
}
