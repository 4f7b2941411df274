using System.Text.RegularExpressions;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Plans;
using BillingMonolith.Sandbox.Keycloak;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace BillingMonolith.Journeys.InChromium;

/// <summary>The life of a plan as a person lives it: subscribe, look, upgrade, cancel, let it end.</summary>
public sealed class SubscribingTests(Cluster cluster, Chromium chromium)
{
    [Fact]
    public async Task A_customer_subscribes_upgrades_cancels_and_is_free_when_the_period_has_passed()
    {
        await using var journey = await Journey.StartAsync(cluster);
        await journey.SellPlansAsync();
        await using var visitor = await chromium.VisitAsync();
        var (page, origin, stripe) = (visitor.Page, journey.World.HostUrl, journey.World.Stripe);
        await visitor.SignInAsync(origin, "buyer");
        await page.GetByRole(AriaRole.Link, new() { Name = "Plan", Exact = true }).ClickAsync();
        await Expect(page.Locator(".figure")).ToHaveTextAsync("Free");
        await visitor.PictureAsync("plan-free");

        await page.GetByRole(AriaRole.Button, new() { Name = "Subscribe to Starter" }).ClickAsync();
        await visitor.ArriveAsync($"{stripe.Url}/c/pay/**");
        await page.GetByRole(AriaRole.Button, new() { Name = "Subscribe", Exact = true }).ClickAsync();
        await visitor.ArriveAsync($"{origin}/subscription/return**");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Welcome to Starter" })).ToBeVisibleAsync();
        await visitor.PictureAsync("plan-welcome");
        await page.GetByRole(AriaRole.Link, new() { Name = "Your plan" }).ClickAsync();
        await Expect(page.Locator(".figure")).ToContainTextAsync("$19.00");
        await Expect(page.Locator(".split .points")).ToContainTextAsync("Projects: 10");
        await Expect(page.Locator(".split .badge")).ToHaveTextAsync("Active");
        await visitor.PictureAsync("plan-starter");

        await page.GetByRole(AriaRole.Link, new() { Name = "Upgrade: Professional" }).ClickAsync();
        await visitor.ArriveAsync($"{origin}/subscription/change**");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Professional, paid monthly" })).ToBeVisibleAsync();
        await visitor.PictureAsync("plan-upgrade");
        var id = await journey.ScalarAsync<string>("SELECT subscription_id FROM billing_subscriptions");
        stripe.BreakCard(id!);
        await page.Locator("main .primary").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Your card was declined.");
        await visitor.PictureAsync("plan-declined");
        stripe.BreakCard(id!, broken: false);
        var due = await page.Locator(".sum tr").Last.Locator("td").Last.TextContentAsync();
        await page.Locator("main .primary").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Your plan is changed.");
        await Expect(page.Locator(".split .points")).ToContainTextAsync("Priority support");
        ((long)stripe.Read((string)stripe.Read(id!)["latest_invoice"]!)["amount_paid"]! / 100m).ToString("$0.00", System.Globalization.CultureInfo.InvariantCulture).ShouldBe(due);
        journey.TierOf(Journey.Ada.Id).ShouldBe("professional");

        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel the plan" }).ClickAsync();
        await Expect(page.Locator(".split .badge")).ToHaveTextAsync("Ends soon");
        await visitor.PictureAsync("plan-cancelled");
        await page.GetByRole(AriaRole.Button, new() { Name = "Keep Professional" }).ClickAsync();
        await Expect(page.Locator(".split .badge")).ToHaveTextAsync("Active");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel the plan" }).ClickAsync();
        await journey.SettleAsync();
        journey.World.Clock.AdvanceMonths(1);
        await journey.SettleAsync();
        await page.GotoAsync($"{origin}/subscription");
        await Expect(page.Locator(".figure")).ToHaveTextAsync("Free");
        await Expect(page.Locator(".split .points")).ToContainTextAsync("Projects: 1");
        journey.TierOf(Journey.Ada.Id).ShouldBe("free");
        visitor.Complaints.Where(c => !c.Contains("402", StringComparison.Ordinal)).ShouldBeEmpty();
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task On_a_phone_nothing_sticks_out_and_what_is_planned_or_overdue_is_said()
    {
        await using var journey = await Journey.StartAsync(cluster);
        await journey.SellPlansAsync();
        await using var visitor = await chromium.VisitAsync(onPhone: true);
        var (page, origin) = (visitor.Page, journey.World.HostUrl);
        await visitor.SignInAsync(origin, "buyer");
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await LookAsync("/subscription?cycle=yearly", "free");
        var id = await journey.SubscribedAsync(DemoUsers.Buyer, "professional");
        await LookAsync("/subscription/change?tier=enterprise&cycle=yearly", "change");
        await LookAsync("/subscription/change?tier=starter&cycle=monthly", "downgrade");
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new("Change on", RegexOptions.None, TimeSpan.FromSeconds(1)) }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status).Last).ToContainTextAsync("Starter");
        await LookAsync("/subscription", "planned");
        journey.World.Stripe.BreakCard(id);
        journey.World.Clock.AdvanceMonths(1);
        await journey.SettleAsync();
        await LookAsync("/subscription", "overdue");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Your last payment has failed.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Mend the payment" }).ClickAsync();
        await visitor.ArriveAsync($"{journey.World.Stripe.Url}/p/session/**");
        await visitor.PictureAsync("portal");
        await page.GetByRole(AriaRole.Link, new() { Name = "Back to the shop" }).ClickAsync();
        await visitor.ArriveAsync($"{origin}/subscription");
        await page.Locator("body").PressAsync("Tab");
        (await page.EvaluateAsync<string>("document.activeElement.textContent.trim()")).ShouldBe("Skip to the content");

        async Task LookAsync(string path, string name)
        {
            (await page.GotoAsync(origin + path))!.Status.ShouldBe(200, path);
            (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(390, path);
            await visitor.PictureAsync($"plan-phone-{name}");
        }
    }
}
