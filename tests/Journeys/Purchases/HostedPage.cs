using System.Net;
using System.Text.RegularExpressions;

namespace BillingMonolith.Journeys.Purchases;

/// <summary>The hosted page as a browser uses it: the form that it shows is the form that is sent.</summary>
internal static partial class HostedPage
{
    private static readonly HttpMessageInvoker Browser = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });

    /// <summary>Shows the page, presses its pay button, and answers where the browser is sent.</summary>
    public static async Task<Uri> PayAsync(string stripe, string sessionId, string email, string name)
    {
        var page = new Uri($"{stripe}/c/pay/{sessionId}");
        using var get = new HttpRequestMessage(HttpMethod.Get, page);
        using var shown = await Browser.SendAsync(get, CancellationToken.None);
        shown.StatusCode.ShouldBe(HttpStatusCode.OK);
        var form = FormAction().Match(await shown.Content.ReadAsStringAsync());
        form.Success.ShouldBeTrue("the page has a form to pay with");

        using var post = new HttpRequestMessage(HttpMethod.Post, new Uri(page, form.Groups["action"].Value));
        post.Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["email"] = email, ["name"] = name });
        using var paid = await Browser.SendAsync(post, CancellationToken.None);
        paid.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        return new Uri(page, paid.Headers.Location!);
    }

    [GeneratedRegex("""<form method="post" action="(?<action>[^"]+/pay)" class=""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FormAction();
}
