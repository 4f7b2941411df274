using BillingMonolith.Journeys.InChromium;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Chromium))]

namespace BillingMonolith.Journeys.InChromium;

/// <summary>A real browser, where the machine has one: pages are judged by what a person can do with them.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    private const int Patience = 30_000;
    private readonly SemaphoreSlim starting = new(1);
    private IPlaywright? playwright;
    private IBrowser? browser;

    /// <summary>A new visitor: no cookies, and every complaint of the browser is collected. Skips the test where there is no Chromium.</summary>
    internal async Task<Visitor> VisitAsync(bool onPhone = false)
    {
        var program = Array.Find(Places, File.Exists);
        Assert.SkipWhen(program is null, "There is no Chromium here: install the package chromium to run the tests in a browser.");
        await starting.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            playwright ??= await Playwright.CreateAsync();
            browser ??= await playwright.Chromium.LaunchAsync(new()
            {
                ExecutablePath = program,
                Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
            });
        }
        finally
        {
            starting.Release();
        }

        var context = await browser.NewContextAsync(new() { ViewportSize = onPhone ? new() { Width = 390, Height = 844 } : new() { Width = 1280, Height = 900 } });
        context.SetDefaultTimeout(Patience);
        Assertions.SetDefaultExpectTimeout(Patience);
        return new Visitor(context, await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null) await browser.DisposeAsync();
        playwright?.Dispose();
        starting.Dispose();
    }
}

/// <summary>Somebody with a browser of his own.</summary>
internal sealed class Visitor : IAsyncDisposable
{
    private readonly IBrowserContext context;
    private readonly List<string> complaints = [];

    public Visitor(IBrowserContext context, IPage page)
    {
        (this.context, Page) = (context, page);
        page.Console += (_, message) => { if (message.Type is "error" or "warning") complaints.Add(message.Text); };
        page.PageError += (_, error) => complaints.Add(error);
    }

    public IPage Page { get; }

    /// <summary>What the browser complained of: scripts, styles and addresses that the policies refuse, among others.</summary>
    public IReadOnlyList<string> Complaints => complaints;

    /// <summary>Through the realm's own login form.</summary>
    public async Task SignInAsync(string origin, string username)
    {
        await Page.GotoAsync(origin);
        await Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = "Sign in" }).ClickAsync();
        await Page.GetByLabel("Username or e-mail").FillAsync(username);
        await Page.GetByLabel("Password").FillAsync(username);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await ArriveAsync($"{origin}/**");
    }

    /// <summary>The browser has gone to an address like this. What it shows there is for the next line to expect: "loaded" is a moment that can be missed.</summary>
    public Task ArriveAsync(string url) => Page.WaitForURLAsync(url, new() { WaitUntil = WaitUntilState.Commit });

    /// <summary>A picture for whoever wants to look: written when SCREENSHOTS names a folder.</summary>
    public async Task PictureAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("SCREENSHOTS") is { Length: > 0 } folder)
            await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = true });
    }

    public async ValueTask DisposeAsync() => await context.DisposeAsync();
}
