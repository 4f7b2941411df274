using System.Text;
using BillingMonolith.Billing;
using BillingMonolith.Credits;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using BillingMonolith.Identity;
using BillingMonolith.Notifications;
using BillingMonolith.Specs.StripeNeighbour;

namespace BillingMonolith.Specs.HostRoom;

/// <summary>The routes as a table: this event, as Stripe renders it in either version, means these commands, field by field.</summary>
public sealed class RoutesSpecs
{
    private const string Ada = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    private const string Customer = "cus_TdOp4XkLq7pR2x";
    private const string Subscription = "sub_1Sg8CkLq7pR2xKc9T5vW0aBd";
    private static readonly DateTimeOffset Start = At(1766167908);
    private static readonly DateTimeOffset PeriodEnd = At(1768846308);

    [Theory]
    [InlineData("checkout.session.completed.payment.2024-06-20", Payment.Paid)]
    [InlineData("checkout.session.completed.payment.clover", Payment.Paid)]
    [InlineData("checkout.session.completed.no_payment_required.clover", Payment.Paid)]
    [InlineData("checkout.session.completed.payment_unpaid.clover", Payment.Processing)]
    [InlineData("checkout.session.async_payment_succeeded.clover", Payment.Paid)]
    [InlineData("checkout.session.async_payment_failed.clover", Payment.Failed)]
    [InlineData("checkout.session.expired.clover", Payment.Expired)]
    public void A_pack_is_settled_by_what_became_of_its_payment(string fixture, Payment payment)
    {
        var facts = Of(fixture);
        var free = fixture.Contains("no_payment_required", StringComparison.Ordinal);
        var intentless = free || payment == Payment.Expired;
        Routes.For(facts).ShouldBe([new SettlePurchase(facts.Event.Id, facts.Session!.Id, payment)
        {
            UserId = Ada,
            PurchaseId = new Guid("5f0d3c62-7a6f-4b3e-9d3a-0b1f9a1c2d3e"),
            PackageCode = "starter",
            AmountSubtotalMinor = 1000,
            AmountTotalMinor = free ? 0 : 1000,
            DiscountMinor = free ? 1000 : 0,
            Currency = "usd",
            Email = facts.Session.CustomerDetails?.Email ?? facts.Session.CustomerEmail,
            PaymentIntentId = intentless ? null : facts.Session.PaymentIntentId.ShouldNotBeNull(),
            ClaimedCredits = "1000",
        }]);
    }

    [Theory]
    [InlineData("customer.subscription.created.2024-06-20", "active", 1)]
    [InlineData("customer.subscription.created.clover", "active", 1)]
    [InlineData("customer.subscription.updated.upgrade.2024-06-20", "active", 2)]
    [InlineData("customer.subscription.updated.upgrade.clover", "active", 2)]
    [InlineData("customer.subscription.updated.past_due.clover", "past_due", 2)]
    [InlineData("customer.subscription.updated.cancel_at_period_end.clover", "active", 2, true)]
    [InlineData("customer.subscription.deleted.2024-06-20", "canceled", 10, true)]
    [InlineData("customer.subscription.deleted.clover", "canceled", 10, true)]
    [InlineData("customer.subscription.trial_will_end.clover", "trialing", 2)]
    public void A_subscription_is_carried_to_Lago_and_to_the_tier(string fixture, string status, int rank, bool cancels = false)
    {
        var facts = Of(fixture);
        var ended = status == "canceled" ? PeriodEnd : (DateTimeOffset?)null;
        var leaves = cancels ? PeriodEnd : (DateTimeOffset?)null;
        var item = facts.Subscription!.Items.Data[0].Price!;
        Routes.For(facts).Where(s => s is not QueueNotice).ShouldBe(
        [
            new SyncSubscription(facts.Event.Id, Ada, Subscription, Customer, "professional", BillingCycle.Monthly, status)
            {
                AmountMinor = item.UnitAmount,
                Currency = "usd",
                CurrentPeriodEnd = facts.Subscription.CurrentPeriodEnd.ShouldNotBeNull(),
                CancelAtPeriodEnd = cancels,
                CancelAt = leaves,
                EndedAt = ended,
                AsOf = facts.Event.Created.Utc,
                AsOfRank = rank,
            },
            new SetTier(facts.Event.Id, Ada, Subscription, Customer, "professional", status)
            {
                BillingCycle = "monthly",
                PastDueSince = status == "past_due" ? facts.Subscription.CurrentPeriodStart.ShouldNotBeNull() : null,
                StartDate = Start,
                EndDate = ended ?? facts.Subscription.CurrentPeriodEnd,
                AsOf = facts.Event.Created.Utc,
                AsOfRank = rank,
            },
        ]);
    }

    [Theory]
    [InlineData("checkout.session.completed.subscription.2024-06-20")]
    [InlineData("checkout.session.completed.subscription.clover")]
    public void A_paid_session_of_a_plan_also_grants_the_first_allowance(string fixture)
    {
        var facts = Of(fixture);
        Routes.For(facts).ShouldBe(
        [
            new SyncSubscription(facts.Event.Id, Ada, Subscription, Customer, "professional", BillingCycle.Monthly, "active")
            {
                Email = "ada.lovelace@example.com",
                Name = "Ada Lovelace",
                AmountMinor = 4900,
                Currency = "usd",
                AsOf = facts.Session!.Created.Utc, // a session knows its subscription as it was sold; any event of the subscription knows better
                AsOfRank = 0,
            },
            new SetTier(facts.Event.Id, Ada, Subscription, Customer, "professional", "active")
            {
                BillingCycle = "monthly",
                StartDate = facts.Event.Created.Utc,
                AsOf = facts.Session!.Created.Utc,
                AsOfRank = 0,
            },
            new GrantAllowance(facts.Event.Id, Ada, "professional", "in_1Sg8CkLq7pR2xKc9mZ4nY7uE", PeriodEnd: null),
        ]);
    }

    [Theory]
    [InlineData("invoice.paid.2024-06-20", "in_1Sg8CkLq7pR2xKc9mZ4nY7uE")]
    [InlineData("invoice.paid.clover", "in_1Sg8CkLq7pR2xKc9mZ4nY7uE")]
    [InlineData("invoice.paid.renewal.clover", "in_1SrPk1Lq7pR2xKc9renew0k1")]
    public void A_paid_period_gives_the_plans_allowance_until_its_end(string fixture, string invoice)
    {
        var facts = Of(fixture);
        var steps = Routes.For(facts);
        steps.Select(s => s.GetType()).ShouldBe([typeof(SyncSubscription), typeof(SetTier), typeof(GrantAllowance)]);
        steps[2].ShouldBe(new GrantAllowance(facts.Event.Id, Ada, "professional", invoice, PeriodEnd));
    }

    [Theory]
    [InlineData("invoice.paid.renewal.clover", "active")]
    [InlineData("invoice.payment_failed.clover", "past_due")]
    public void An_invoice_tells_of_its_subscription_by_hearsay_until_anything_else_is_known(string fixture, string status)
    {
        var facts = Of(fixture);
        var hearsay = facts.Event.Created.Utc.AddYears(-100);
        Routes.For(facts).Take(2).ShouldBe(
        [
            new SyncSubscription(facts.Event.Id, Ada, Subscription, Customer, "professional", BillingCycle.Monthly, status)
            {
                Currency = "usd", CurrentPeriodEnd = PeriodEnd, AsOf = hearsay, AsOfRank = status == "active" ? 1 : 0,
            },
            new SetTier(facts.Event.Id, Ada, Subscription, Customer, "professional", status)
            {
                BillingCycle = "monthly", PastDueSince = status == "past_due" ? facts.Invoice!.Created.Utc : null, StartDate = Start, EndDate = PeriodEnd,
                AsOf = hearsay, AsOfRank = status == "active" ? 1 : 0,
            },
        ]);
        var seen = Of("customer.subscription.updated.cancel_at_period_end.clover").Subscription;
        var told = facts with { Subscription = seen, AsOf = (facts.Event.Created.Utc, EventFacts.FetchedRank) };
        Routes.For(told).OfType<SetTier>().ShouldHaveSingleItem().Status.ShouldBe("active", "what Stripe shows counts, not the event's word");
        Routes.For(told).OfType<SyncSubscription>().ShouldHaveSingleItem().Email.ShouldBeNull("the address on an invoice is not the session's");
    }

    [Theory]
    [InlineData("subscription_create", "incomplete")] // never paid: no grace
    [InlineData("subscription_cycle", "past_due")]
    [InlineData("subscription_update", "past_due")]
    public void A_payment_that_needs_the_customer_is_overdue_unless_it_is_the_first(string reason, string status)
    {
        foreach (var type in (string[])["invoice.payment_failed", "invoice.payment_action_required"])
            Routes.For(Invoice(type, reason, "open", "sub_1")).OfType<SetTier>().ShouldHaveSingleItem().Status.ShouldBe(status);
        Routes.For(Invoice("invoice.payment_failed", reason, "open", null)).ShouldBeEmpty("an invoice for no subscription");
    }

    [Fact]
    public void An_overdue_payment_dates_from_the_oldest_open_invoice_then_the_latest_then_the_period()
    {
        var facts = Of("customer.subscription.updated.past_due.clover");
        var subscription = facts.Subscription!;
        var invoice = Of("invoice.payment_failed.clover").Invoice!;
        subscription.LatestInvoice = invoice;
        (facts with { UnpaidSince = Start }).PastDueSince.ShouldBe(Start);
        facts.PastDueSince.ShouldBe(invoice.Created.Utc);
        invoice.Status = InvoiceStatuses.Paid;
        facts.PastDueSince.ShouldBe(subscription.CurrentPeriodStart);
        subscription.Status = "active";
        (facts with { UnpaidSince = Start }).PastDueSince.ShouldBeNull();
    }

    [Theory]
    [InlineData("subscription_cycle", "paid", "sub_1", 12)] // a year's invoice
    [InlineData("subscription_create", "paid", "sub_1", 12)]
    [InlineData("subscription_update", "paid", "sub_1", 0)] // settles a change in the middle of a period
    [InlineData("manual", "paid", "sub_1", 0)]
    [InlineData("subscription_cycle", "open", "sub_1", 0)]
    [InlineData("subscription_cycle", "paid", null, 0)]
    public void Only_a_paid_period_gives_an_allowance_and_a_year_gives_twelve(string reason, string status, string? subscription, int months)
    {
        var facts = Invoice("invoice.paid", reason, status, subscription);
        Routes.For(facts).OfType<GrantAllowance>().ShouldBe(
            months == 0 ? [] : [new GrantAllowance("evt_1", Ada, "enterprise", "in_1", PeriodEnd: null) { Months = months }]);
    }

    [Theory]
    [InlineData("product.updated")]
    [InlineData("customer.created")]
    [InlineData("payment_intent.created")]
    [InlineData("CHECKOUT.SESSION.COMPLETED")]
    [InlineData("")]
    public void What_nobody_acts_on_has_no_route(string type) => Routes.Has(type).ShouldBeFalse();

    [Theory]
    [InlineData("subscription", "unpaid", "{}")] // waits for async_payment_succeeded
    [InlineData("setup", "no_payment_required", "{}")]
    [InlineData("payment", "paid", "{}")] // somebody else's sale: no package
    public void A_session_that_sells_nothing_of_ours_leads_to_nothing(string mode, string paymentStatus, string metadata) =>
        Routes.For(Session(mode, paymentStatus, metadata)).ShouldBeEmpty();

    [Theory]
    [InlineData("""{"lookup_key":"enterprise_yearly","recurring":{"interval":"year"}}""", """{"tier_id":"starter"}""", "enterprise", BillingCycle.Yearly)]
    [InlineData("""{"lookup_key":"founders-friend_monthly","recurring":{"interval":"month"}}""", "{}", "founders-friend", BillingCycle.Monthly)]
    [InlineData("""{"lookup_key":"founders-friend_yearly_eur","recurring":{"interval":"year"}}""", "{}", "founders-friend", BillingCycle.Yearly)]
    [InlineData("""{"lookup_key":null,"recurring":{"interval":"year"},"metadata":{"tier_id":"professional"}}""", """{"tier_id":"starter"}""", "professional", BillingCycle.Yearly)]
    [InlineData("""{"lookup_key":null,"recurring":{"interval":"year"}}""", """{"tier_id":"starter","tier_name":"Enterprise"}""", "starter", BillingCycle.Yearly)]
    [InlineData("""{"lookup_key":"some_key","recurring":{"interval":"month"}}""", """{"tier_name":"Enterprise","billing_cycle":"yearly"}""", "enterprise", BillingCycle.Monthly)]
    [InlineData("""{"lookup_key":null}""", """{"tier_id":"trial","billing_cycle":"yearly"}""", "trial", BillingCycle.Yearly)]
    [InlineData("""{"lookup_key":null}""", "{}", null, BillingCycle.Monthly)]
    public void What_is_paid_for_says_the_plan_and_metadata_only_where_it_does_not(string price, string metadata, string? tier, BillingCycle cycle)
    {
        var facts = Read("customer.subscription.updated", $$"""
            {"id":"sub_1","object":"subscription","customer":"cus_1","status":"active","currency":"usd","created":1766167908,"livemode":false,"metadata":{{metadata}},
             "items":{"object":"list","data":[{"id":"si_1","object":"subscription_item","current_period_start":1766167908,"current_period_end":1768846308,
               "price":{"id":"price_1","object":"price","currency":"usd","unit_amount":9900,{{price[1..]}} } ] } }
            """);
        SubscribedPlan.Of(facts.Subscription, facts.Metadata).ShouldBe(new SubscribedPlan(tier, cycle, 9900));
    }

    [Fact]
    public void Subjects_are_sorted_so_that_two_hosts_lock_them_in_one_order()
    {
        var facts = Of("checkout.session.completed.subscription.clover");
        facts.Subjects.ShouldBe([Ada, Customer, Subscription]);
        (facts with { UserId = "zoe" }).Subjects.ShouldBe([Customer, Subscription, "zoe"]);
    }

    [Fact]
    public void An_email_is_read_from_user_email_then_customer_email_then_what_the_customer_typed()
    {
        Session("payment", "paid", """{"user_email":"a@example.com","customer_email":"b@example.com"}""").Email.ShouldBe("a@example.com");
        Session("payment", "paid", """{"customer_email":"b@example.com"}""").Email.ShouldBe("b@example.com");
        Session("payment", "paid", "{}").Email.ShouldBe("typed@example.com");
    }

    private static EventFacts Session(string mode, string paymentStatus, string metadata) => Read("checkout.session.completed", $$"""
        {"id":"cs_1","object":"checkout.session","mode":"{{mode}}","payment_status":"{{paymentStatus}}","status":"complete","customer":"cus_1","created":1766167908,"livemode":false,
         "subscription":"sub_1","metadata":{{metadata}},"customer_details":{"email":"typed@example.com"},"amount_subtotal":1,"amount_total":1,"currency":"usd"}
        """);

    private static EventFacts Invoice(string type, string reason, string status, string? subscription) => Read(type, $$$"""
        {"id":"in_1","object":"invoice","billing_reason":"{{{reason}}}","status":"{{{status}}}","amount_paid":9900,"amount_due":9900,"currency":"usd","customer":"cus_1",
         "created":1766167908,"livemode":false,"metadata":{},"lines":{"object":"list","data":[]},
         "parent":{"type":"subscription_details","subscription_details":{"subscription":{{{System.Text.Json.JsonSerializer.Serialize(subscription)}}},
           "metadata":{"tier_id":"enterprise","billing_cycle":"yearly","user_id":"{{{Ada}}}"} } } }
        """);

    private static EventFacts Read(string type, string about) => new(StripeEventReader.Read(Encoding.UTF8.GetBytes(
        $$"""{"id":"evt_1","object":"event","api_version":"2025-12-15.clover","type":"{{type}}","created":1766167913,"livemode":false,"data":{"object":{{about}} } }""")));

    private static EventFacts Of(string fixture) => new(StripeEventReader.Read(Contracts.Event(fixture)));

    private static DateTimeOffset At(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds);
}
