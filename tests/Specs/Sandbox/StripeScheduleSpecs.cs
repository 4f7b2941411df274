using BillingMonolith.Host.Neighbours;
using BillingMonolith.Sandbox;
using Stripe;
using Stripe.BillingPortal;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>Schedules, previews and the portal of the stand-in, by the product's own client.</summary>
public sealed class StripeScheduleSpecs
{
    [Fact]
    public async Task A_schedule_changes_the_price_when_the_period_ends_and_is_over_with_its_last_phase()
    {
        await using var world = await StripeWorld.StartAsync();
        var id = Subscribe(world, "professional");
        var (subscriptions, schedules) = (new SubscriptionService(world.Client), new SubscriptionScheduleService(world.Client));
        var seen = await subscriptions.GetAsync(id);
        var (item, end) = (seen.Items.Data[0], seen.CurrentPeriodEnd!.Value.UtcDateTime);
        var made = await schedules.CreateAsync(new() { FromSubscription = id });
        (made.SubscriptionId, made.NextPhase, made.CurrentPhase.EndDate).ShouldBe((id, null, end));
        (await Should.ThrowAsync<StripeException>(() => schedules.CreateAsync(new() { FromSubscription = id }))).StripeError!.Param.ShouldBe("from_subscription");
        (await Should.ThrowAsync<StripeException>(() => subscriptions.UpdateAsync(id, new() { CancelAtPeriodEnd = true }))).Message.ShouldContain("managed by the subscription schedule");

        var starter = (string)world.Stripe.Prices["starter_monthly"]["id"]!;
        var planned = await schedules.UpdateAsync(made.Id, new()
        {
            EndBehavior = "release", ProrationBehavior = "none",
            Phases =
            [
                new() { StartDate = made.Phases[0].StartDate, EndDate = end, Items = [new() { Price = item.Price.Id, Quantity = 1 }] },
                new() { Duration = new() { Interval = "month" }, Items = [new() { Price = starter }], Metadata = new Dictionary<string, string> { ["tier_id"] = "starter" } },
            ],
        });
        (planned.NextPhase!.Items[0].PriceId, planned.NextPhase!.EndDate).ShouldBe((starter, end.AddMonths(1)));
        var whole = await subscriptions.GetAsync(id, Expanding("schedule.phases.items.price"));
        whole.Schedule.NextPhase!.Items[0].Price!.LookupKey.ShouldBe("starter_monthly");

        world.Clock.AdvanceMonths(1);
        var turned = await subscriptions.GetAsync(id, Expanding("latest_invoice", "schedule"));
        (turned.Items.Data[0].Price.LookupKey, turned.Metadata["tier_id"], turned.LatestInvoice!.AmountSettled, turned.Schedule!.NextPhase).ShouldBe(("starter_monthly", "starter", 1900, null));
        world.Clock.AdvanceMonths(1);
        (await subscriptions.GetAsync(id)).ScheduleId.ShouldBeNull();
        world.Read(EventTypes.SubscriptionScheduleCompleted).ShouldHaveSingleItem().Data.Object.ShouldBeOfType<SubscriptionSchedule>().Subject.ShouldBe(id);

        var other = await schedules.CreateAsync(new() { FromSubscription = id });
        (await schedules.ReleaseAsync(other.Id)).Status.ShouldBe("released");
        (await Should.ThrowAsync<StripeException>(() => schedules.ReleaseAsync(other.Id))).HttpStatusCode.ShouldBe(System.Net.HttpStatusCode.BadRequest);
        (await world.CallAsync("POST", "/v1/subscription_schedules", $"from_subscription={id}&phases[0][items][0][price]={starter}")).Body["error"]!.Text("code").ShouldBe("parameter_unknown");
    }

    [Fact]
    public async Task A_preview_is_what_the_change_invoices_a_declined_card_changes_nothing_and_credit_pays_for_later()
    {
        await using var world = await StripeWorld.StartAsync();
        var id = Subscribe(world, "professional");
        var (subscriptions, invoices) = (new SubscriptionService(world.Client), new InvoiceService(world.Client));
        world.Clock.Advance(TimeSpan.FromDays(10));
        var item = (await subscriptions.GetAsync(id)).Items.Data[0];
        List<SubscriptionItemOptions> change = [new() { Id = item.Id, Price = (string)world.Stripe.Prices["enterprise_monthly"]["id"]! }];
        var at = DateTimeOffset.FromUnixTimeSeconds(world.Clock.GetUtcNow().ToUnixTimeSeconds()).UtcDateTime;
        var preview = await invoices.CreatePreviewAsync(new()
        {
            Subscription = id, SubscriptionDetails = new()
            {
                Items = [new() { Id = change[0].Id, Price = change[0].Price }], ProrationBehavior = "always_invoice", ProrationDate = at,
            },
        });
        preview.Lines.ShouldAllBe(l => l.RawJsonElement!.Value.GetProperty("parent").GetProperty("subscription_item_details").GetProperty("proration").GetBoolean());
        (await subscriptions.GetAsync(id)).Items.Data[0].Price.LookupKey.ShouldBe("professional_monthly");

        world.Clock.Advance(TimeSpan.FromHours(1));
        var update = new SubscriptionUpdateOptions
        {
            Items = change, ProrationBehavior = "always_invoice", ProrationDate = at, PaymentBehavior = "error_if_incomplete", Expand = ["latest_invoice"],
        };
        world.Stripe.BreakCard(id);
        var before = world.Stripe.Read(id).ToJsonString();
        var declined = await Should.ThrowAsync<StripeException>(() => subscriptions.UpdateAsync(id, update));
        (declined.IsCardError, world.Stripe.Read(id).ToJsonString()).ShouldBe((true, before));
        world.Stripe.BreakCard(id, broken: false);
        var changed = await subscriptions.UpdateAsync(id, update);
        (changed.LatestInvoice!.AmountSettled, changed.LatestInvoice.Lines.Select(l => l.Amount)).ShouldSatisfyAllConditions(
            i => i.AmountSettled.ShouldBe(preview.AmountDue), i => i.Item2.ShouldBe(preview.Lines.Select(l => l.Amount)));

        // From enterprise to starter, at once: a credit, of which the renewal is paid.
        List<SubscriptionItemOptions> back = [new() { Id = item.Id, Price = (string)world.Stripe.Prices["starter_monthly"]["id"]! }];
        (await Should.ThrowAsync<StripeException>(() => subscriptions.UpdateAsync(id, new() { Items = back, ProrationDate = at.AddDays(-30) })))
            .StripeError!.Param.ShouldBe("proration_date");
        var cheap = await subscriptions.UpdateAsync(id, new()
        {
            Items = back, ProrationBehavior = "always_invoice", Expand = ["latest_invoice"],
        });
        (cheap.LatestInvoice!.AmountDue, cheap.LatestInvoice.Total < 0).ShouldBe((0, true));
        world.Clock.AdvanceMonths(1);
        (await subscriptions.GetAsync(id, Expanding("latest_invoice"))).LatestInvoice!.AmountSettled.ShouldBe(0, "the credit is larger than a month");
    }

    [Fact]
    public async Task The_portal_belongs_to_a_customer_who_ends_a_plan_there_and_comes_back()
    {
        await using var world = await StripeWorld.StartAsync();
        var id = Subscribe(world, "professional");
        var customer = world.Stripe.Read(id).Name("customer");
        var session = await new SessionService(world.Client).CreateAsync(new() { Customer = customer, ReturnUrl = "https://shop.test/plan" });
        session.Url.ShouldEndWith($"/p/session/{session.Id}");
        var page = await world.Http.GetStringAsync(new Uri(session.Url));
        page.ShouldContain("professional_monthly");
        page.ShouldContain("https://shop.test/plan");
        await world.ClickAsync($"/p/session/{session.Id}/cancel", ("subscription", id));
        ((bool?)world.Stripe.Read(id)["cancel_at_period_end"]).ShouldBe(true);
        var stranger = Subscribe(world, "starter");
        (await world.ClickAsync($"/p/session/{session.Id}/cancel", ("subscription", stranger))).StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);
        (await Should.ThrowAsync<StripeException>(() => new SessionService(world.Client).CreateAsync(new() { Customer = "cus_none" }))).StripeError!.Param.ShouldBe("customer");
    }

    private static SubscriptionGetOptions Expanding(params string[] members) => new() { Expand = [.. members] };

    private static string Subscribe(StripeWorld world, string tier)
    {
        var session = world.Stripe.OpenPlanSession(StripeWorld.Ada, tier, "monthly");
        world.Stripe.Pay(session);
        return world.Stripe.SubscriptionOf(session);
    }
}
