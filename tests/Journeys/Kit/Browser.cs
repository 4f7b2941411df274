using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Journeys.Kit;

/// <summary>
/// What a browser does, as far as signing in needs it: keeps cookies (by host, whatever the port; secure ones on loopback too), follows redirects,
/// fills in forms. A real one is looked at by hand.
/// </summary>
internal sealed partial class Browser : IDisposable
{
    private const int MostRedirects = 12;
    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });
    private readonly ConcurrentDictionary<string, string> cookies = new(StringComparer.Ordinal);

    /// <summary>The cookies by name; a test may plant or take one.</summary>
    public ConcurrentDictionary<string, string> Cookies => cookies;

    /// <summary>Every address that was asked for, oldest first.</summary>
    public ConcurrentQueue<string> Visited { get; } = [];

    public Task<Page> GetAsync(string url, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, url, content: null, headers);

    public Task<Page> PostAsync(string url, Dictionary<string, string> form, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, url, new FormUrlEncodedContent(form), headers);

    public Task<Page> SendAsync(HttpMethod method, string url, HttpContent? content, params (string Name, string Value)[] headers) =>
        FollowAsync(method, url, content, headers, MostRedirects);

    /// <summary>One request, without following where it leads.</summary>
    public Task<Page> OnceAsync(HttpMethod method, string url, HttpContent? content = null, params (string Name, string Value)[] headers) =>
        FollowAsync(method, url, content, headers, redirects: 0);

    /// <summary>Sends the page's first form with its hidden fields and these.</summary>
    public Task<Page> SubmitAsync(Page page, params (string Name, string Value)[] fields) => SubmitAsync(page, fields, MostRedirects);

    /// <summary>Signs in on Keycloak's page and answers where it sends the browser, without going there.</summary>
    public async Task<string> CallbackAsync(Page login, KeycloakUser user) =>
        (await SubmitAsync(login, [("username", user.Username), ("password", user.Username)], redirects: 0)).Headers["Location"];

    private Task<Page> SubmitAsync(Page page, (string Name, string Value)[] fields, int redirects)
    {
        var form = Form().Match(page.Body);
        form.Success.ShouldBeTrue($"{page.Url} has no form: {page.Body}");
        var values = Hidden().Matches(form.Value).ToDictionary(m => WebUtility.HtmlDecode(m.Groups["name"].Value), m => WebUtility.HtmlDecode(m.Groups["value"].Value));
        foreach (var (name, value) in fields) values[name] = value;
        var action = WebUtility.HtmlDecode(Action().Match(form.Value).Groups["url"].Value);
        return FollowAsync(HttpMethod.Post, new Uri(new Uri(page.Url), action).AbsoluteUri, new FormUrlEncodedContent(values), [], redirects);
    }

    /// <summary>Signs in at the host, through Keycloak's page, and comes back.</summary>
    public async Task<Page> SignInAsync(string origin, KeycloakUser user, string returnUrl = "/")
    {
        var page = await GetAsync($"{origin}/login?return_url={Uri.EscapeDataString(returnUrl)}");
        return page.Url.StartsWith(origin, StringComparison.Ordinal) ? page : await SubmitAsync(page, ("username", user.Username), ("password", user.Username));
    }

    public void Dispose() => http.Dispose();

    private async Task<Page> FollowAsync(HttpMethod method, string url, HttpContent? content, (string Name, string Value)[] headers, int redirects)
    {
        while (true)
        {
            using var request = new HttpRequestMessage(method, url) { Content = content };
            foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
            if (!request.Headers.Contains("Accept")) request.Headers.TryAddWithoutValidation("Accept", "text/html,*/*;q=0.8");
            if (cookies.Count > 0) request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", cookies.Select(c => $"{c.Key}={c.Value}")));
            Visited.Enqueue(url);
            using var response = await http.SendAsync(request, CancellationToken.None);
            Keep(response);
            var page = new Page(url, (int)response.StatusCode, await response.Content.ReadAsStringAsync(), Headers(response));
            if (redirects-- <= 0 || (int)response.StatusCode is < 301 or > 308 || response.Headers.Location is not { } location) return page;
            (method, url, content, headers) = (HttpMethod.Get, new Uri(new Uri(url), location).AbsoluteUri, null, []);
        }
    }

    private void Keep(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Set-Cookie", out var set)) return;
        foreach (var cookie in set)
        {
            var pair = cookie.Split(';')[0].Split('=', 2);
            var expires = Expires().Match(cookie);
            var gone = expires.Success && DateTimeOffset.Parse(expires.Groups["at"].Value, CultureInfo.InvariantCulture).Year < 2000;
            if (gone || pair[1].Length == 0) _ = cookies.TryRemove(pair[0], out _);
            else cookies[pair[0]] = pair[1];
        }
    }

    private static Dictionary<string, string> Headers(HttpResponseMessage response) =>
        response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);

    [GeneratedRegex("<form.*?</form>", RegexOptions.Singleline | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Form();

    [GeneratedRegex("action=\"(?<url>[^\"]*)\"", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Action();

    [GeneratedRegex("<input[^>]*type=\"hidden\"[^>]*name=\"(?<name>[^\"]*)\"[^>]*value=\"(?<value>[^\"]*)\"", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Hidden();

    [GeneratedRegex("expires=(?<at>[^;]*)", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Expires();
}

/// <summary>What a browser shows: where it ended, and what it got.</summary>
internal sealed record Page(string Url, int Status, string Body, IDictionary<string, string> Headers)
{
    public System.Text.Json.JsonElement Json => System.Text.Json.JsonElement.Parse(Body);
}
