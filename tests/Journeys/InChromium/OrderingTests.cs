using BillingMonolith.Journeys.Kit;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace BillingMonolith.Journeys.InChromium;

/// <summary>An order as a customer makes it: in a shop, on the hosted page, back to us, and found again.</summary>
public sealed class OrderingTests(Cluster cluster, Chromium chromium)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_signed_in_customer_orders_a_cart_and_finds_it_again(bool onPhone)
    {
        await using var journey = await Journey.StartAsync(cluster);
        await using var visitor = await chromium.VisitAsync(onPhone);
        var (page, origin, stripe) = (visitor.Page, journey.World.HostUrl, journey.World.Stripe);
        if (onPhone) await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await visitor.SignInAsync(origin, "buyer");
        await page.GotoAsync($"{origin}/account");
        await page.GetByRole(AriaRole.Link, new() { Name = "Your orders" }).ClickAsync();
        await Expect(page.GetByText("You have no orders yet.")).ToBeVisibleAsync();
        await visitor.PictureAsync($"orders-none-{onPhone}");

        await page.GotoAsync($"{stripe.Url}/shop");
        await page.GetByLabel("You are").SelectOptionAsync(new[] { Journey.Ada.Id });
        await visitor.PictureAsync($"orders-shop-{onPhone}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Order A cart" }).ClickAsync();
        await page.GetByLabel("Town").FillAsync("London");
        await visitor.PictureAsync($"orders-checkout-{onPhone}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pay $63.00" }).ClickAsync();

        await visitor.ArriveAsync($"{origin}/order/checkout-session-success**");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Thank you" })).ToBeVisibleAsync();
        await Expect(page.GetByText("Fountain pen")).ToBeVisibleAsync();
        await visitor.PictureAsync($"orders-thanks-{onPhone}");
        await page.GetByRole(AriaRole.Link, new() { Name = "Your order", Exact = true }).ClickAsync();
        await Expect(page.GetByText("London")).ToBeVisibleAsync();
        (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(onPhone ? 390 : 1280);
        await visitor.PictureAsync($"orders-one-{onPhone}");

        await journey.ExecuteAsync("""
            INSERT INTO orders (kind, user_id, tier, amount_minor, currency, stripe_session_id, work_status, deadline, files_url, final_package_url, created_at)
            SELECT 'dfy', @Id, 'PROFESSIONAL', 24900, 'usd', 'cs_' || s, s, '2027-01-15Z', 'https://files.example/1', 'https://files.example/2', '2026-01-01Z'
            FROM unnest('{NEW,IN_PROGRESS,REVIEW,DELIVERED,CANCELLED}'::text[]) s
            """, Journey.Ada);
        await page.GotoAsync($"{origin}/orders");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(6);
        (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(onPhone ? 390 : 1280);
        await visitor.PictureAsync($"orders-list-{onPhone}");
        await page.Locator("tbody tr").Last.GetByRole(AriaRole.Link).ClickAsync();
        await visitor.PictureAsync($"orders-work-{onPhone}");
        visitor.Complaints.ShouldBeEmpty();
        await journey.SettleAsync();
        (await journey.CountAsync("orders")).ShouldBe(6);
    }
}
