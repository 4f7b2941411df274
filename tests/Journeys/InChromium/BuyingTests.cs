using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Spending;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace BillingMonolith.Journeys.InChromium;

/// <summary>The whole purchase as a customer makes it: list, buy, pay on the hosted page, come back, find it in the history.</summary>
public sealed class BuyingTests(Cluster cluster, Chromium chromium)
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)] // the webhook never comes: the page that the buyer returns to completes the purchase
    public async Task A_signed_in_customer_buys_a_pack_and_finds_it_at_once(bool onPhone, bool withoutWebhook)
    {
        await using var journey = await Journey.StartAsync(cluster);
        journey.World.Stripe.DeliveryFaults.Drop = withoutWebhook;
        await using var visitor = await chromium.VisitAsync(onPhone);
        var (page, origin) = (visitor.Page, journey.World.HostUrl);
        await visitor.SignInAsync(origin, "buyer");

        await page.GotoAsync($"{origin}/credits");
        await visitor.PictureAsync($"credits-{onPhone}");
        await Expect(page.Locator(".pack")).ToHaveCountAsync(4);
        var buy = page.GetByRole(AriaRole.Button, new() { Name = "Buy Starter Pack" });
        await Expect(buy).ToBeEnabledAsync(); // as the server sent it: no script has to find out first who is signed in
        await buy.ClickAsync();

        await visitor.ArriveAsync($"{journey.World.Stripe.Url}/c/pay/**");
        await Expect(page.GetByText("$10.00").First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Pay $10.00" }).ClickAsync();

        await visitor.ArriveAsync($"{origin}/credits/return**");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Thank you" })).ToBeVisibleAsync();
        await Expect(page.Locator(".figure")).ToContainTextAsync("1,000");
        await visitor.PictureAsync($"return-{onPhone}");
        await page.GetByRole(AriaRole.Link, new() { Name = "Your purchases" }).ClickAsync();
        var row = page.Locator("tbody tr");
        await Expect(row).ToHaveCountAsync(1);
        await Expect(row).ToContainTextAsync("Starter Pack");
        await Expect(row).ToContainTextAsync("$10.00");
        await Expect(row).ToContainTextAsync("Completed");
        await visitor.PictureAsync($"purchases-{onPhone}");
        await page.GetByRole(AriaRole.Link, new() { Name = "Activity" }).ClickAsync();
        await Expect(page.Locator("tbody tr")).ToContainTextAsync("+1,000");
        await page.GetByRole(AriaRole.Link, new() { Name = "Overview" }).ClickAsync();
        await Expect(page.Locator(".figure")).ToHaveTextAsync("1,000");

        visitor.Complaints.ShouldBeEmpty();
        if (!withoutWebhook) await journey.SettleAsync();
        (await journey.CountAsync("credit_lots")).ShouldBe(1);
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Nothing_sticks_out_on_a_phone_and_all_can_be_reached_by_keyboard()
    {
        await using var journey = await Journey.StartAsync(cluster);
        await using var visitor = await chromium.VisitAsync(onPhone: true);
        await visitor.SignInAsync(journey.World.HostUrl, "buyer");
        await visitor.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        for (var i = 1; i <= 12; i++)
        {
            await journey.GiveAsync(i * 1_000_000, $"test:{i}", ends: "3 days");
            await journey.ExecuteAsync("SELECT credit_take(@Id, 2345678 % (1000000 * @i::int), 'consume', NULL, 'A reason of some length, as services write them', 'job')", new { Journey.Ada.Id, i });
        }

        foreach (var path in (string[])["/credits", "/credits/purchases", "/credits/activity", "/account"])
        {
            await visitor.Page.GotoAsync(journey.World.HostUrl + path);
            (await visitor.Page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(390, path);
            await visitor.PictureAsync($"dark{path.Replace('/', '-')}");
        }

        await visitor.Page.GotoAsync($"{journey.World.HostUrl}/credits");
        var reached = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            await visitor.Page.Keyboard.PressAsync("Tab");
            reached.Add(await visitor.Page.EvaluateAsync<string>("document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()"));
        }

        reached.ShouldContain("Skip to the content");
        reached.ShouldContain("Buy Starter Pack");
        reached.ShouldContain("Buy Enterprise Pack");
    }
}
