using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using BillingMonolith.Sandbox;
using Stripe;
using Stripe.Checkout;
using Portal = Stripe.BillingPortal;

// What the product must not read of an older version is read here: the library is asked in its own.
#pragma warning disable RS0030

namespace BillingMonolith.Specs.Sandbox;

/// <summary>Stripe's own library as a client of the stand-in: what the product calls arrives with the values that the account has.</summary>
public sealed class StripeNetSpecs
{
    [Fact]
    public void The_library_speaks_the_newest_version() => StripeConfiguration.ApiVersion.ShouldBe(StripeRendering.Endive);

    [Fact]
    public async Task Sessions_and_customers()
    {
        await using var world = await StripeWorld.StartAsync();
        var v1 = Client(world).V1;
        var buyer = new CustomerCreateOptions { Email = "a@b.test", Name = "A", Metadata = new() { ["k"] = "v" } };
        var customer = Told(world, await v1.Customers.CreateAsync(buyer));
        (customer.Email, customer.Metadata["k"]).ShouldBe(("a@b.test", "v"));
        Told(world, await v1.Customers.ListAsync(new CustomerListOptions { Email = "a@b.test" })).ShouldHaveSingleItem();
        var pack = Told(world, await v1.Checkout.Sessions.CreateAsync(new SessionCreateOptions
        {
            Mode = "payment", SuccessUrl = "https://s.test/{CHECKOUT_SESSION_ID}", CancelUrl = "https://c.test", Customer = customer.Id,
            ClientReferenceId = "u1", Metadata = new() { ["user id"] = "ü&=" }, AllowPromotionCodes = true,
            ExpiresAt = world.Clock.GetUtcNow().AddHours(2).UtcDateTime,
            LineItems =
            [
                new() { PriceData = new() { Currency = "usd", UnitAmount = 1000, ProductData = new() { Name = "Pack" } }, Quantity = 1 },
                new() { Price = world.Stripe.Prices["credits_pro"].Name("id"), Quantity = 2 },
            ],
            PaymentIntentData = new() { Metadata = new() { ["k"] = "v" }, Description = "d", SetupFutureUsage = "off_session" },
            SavedPaymentMethodOptions = new() { PaymentMethodSave = "enabled", AllowRedisplayFilters = ["always", "limited"] },
            ShippingAddressCollection = new() { AllowedCountries = ["DE", "AT"] }, Expand = ["line_items"],
        }, new RequestOptions { IdempotencyKey = "order-1" }));
        (pack.AmountTotal, pack.UiMode, pack.LineItems.Data[0].Quantity, pack.Metadata["user id"]).ShouldBe((17_000, "hosted_page", 1, "ü&="));
        world.Stripe.Pay(pack.Id);
        var paid = Told(world, await v1.Checkout.Sessions.GetAsync(pack.Id, new SessionGetOptions { Expand = ["line_items", "payment_intent.latest_charge"] }));
        (paid.PaymentStatus, paid.PaymentIntent.LatestCharge.Amount).ShouldBe(("paid", 17_000));
        paid.CollectedInformation.ShippingDetails.Address.Country.ShouldBe("US");
        var ofPayment = new SessionListOptions { PaymentIntent = paid.PaymentIntentId, Status = "complete", Limit = 3 };
        Told(world, await v1.Checkout.Sessions.ListAsync(ofPayment)).ShouldHaveSingleItem();
        var second = new SessionLineItemListOptions { Limit = 1, StartingAfter = paid.LineItems.Data[0].Id };
        Told(world, await v1.Checkout.Sessions.LineItems.ListAsync(pack.Id, second)).ShouldHaveSingleItem().Price.LookupKey.ShouldBe("credits_pro");
        Told(world, await v1.Checkout.Sessions.ExpireAsync(world.Stripe.OpenPackSession(StripeWorld.Ada, "pro"))).Status.ShouldBe("expired");
        var portal = await v1.BillingPortal.Sessions.CreateAsync(new Portal.SessionCreateOptions { Customer = customer.Id, ReturnUrl = "https://r.test" });
        Told(world, portal).Customer.ShouldBe(customer.Id);
        Told(world, await v1.BillingPortal.Configurations.ListAsync(new Portal.ConfigurationListOptions { IsDefault = true })).ShouldHaveSingleItem();
        Told(world, await v1.Customers.DeleteAsync(customer.Id)).Deleted.ShouldBe(true);
        (await v1.Customers.GetAsync(customer.Id)).Deleted.ShouldBe(true);
    }

    [Fact]
    public async Task Subscriptions_schedules_and_invoices()
    {
        await using var world = await StripeWorld.StartAsync();
        var v1 = Client(world).V1;
        var bought = world.Stripe.OpenPlanSession(StripeWorld.Ada, "professional", "monthly");
        world.Stripe.Pay(bought);
        var id = world.Stripe.SubscriptionOf(bought);
        var whole = new SubscriptionGetOptions { Expand = ["latest_invoice", "schedule", "customer", "default_payment_method"] };
        var seen = Told(world, await v1.Subscriptions.GetAsync(id, whole));
        var item = seen.Items.Data[0];
        (seen.Status, item.Price.LookupKey, item.CurrentPeriodEnd, seen.LatestInvoice.Status, seen.Customer.Email).ShouldBe(
            ("active", "professional_monthly", item.CurrentPeriodStart.AddMonths(1), "paid", StripeWorld.Ada.Email));
        var same = new SubscriptionListOptions { Customer = seen.CustomerId, Status = "all", Price = item.Price.Id };
        Told(world, await v1.Subscriptions.ListAsync(same)).ShouldHaveSingleItem();
        var (at, better) = (world.Clock.GetUtcNow().UtcDateTime, world.Stripe.Prices["enterprise_monthly"].Name("id"));
        var preview = Told(world, await v1.Invoices.CreatePreviewAsync(new InvoiceCreatePreviewOptions
        {
            Subscription = id,
            SubscriptionDetails = new() { Items = [new() { Id = item.Id, Price = better }], ProrationBehavior = "always_invoice", ProrationDate = at },
        }));
        var changed = Told(world, await v1.Subscriptions.UpdateAsync(id, new SubscriptionUpdateOptions
        {
            Items = [new() { Id = item.Id, Price = better, Quantity = 1 }], ProrationBehavior = "always_invoice", ProrationDate = at,
            PaymentBehavior = "error_if_incomplete", Expand = ["latest_invoice"],
        }));
        (changed.LatestInvoice.AmountPaid, changed.LatestInvoice.Lines.Data[0].Parent.SubscriptionItemDetails.Proration).ShouldBe((preview.AmountDue, true));
        var invoice = Told(world, await v1.Invoices.GetAsync(changed.LatestInvoiceId, new InvoiceGetOptions { Expand = ["payments"] }));
        invoice.Payments.Data[0].Payment.PaymentIntentId.ShouldStartWith("pi_");
        Told(world, await v1.Invoices.ListAsync(new InvoiceListOptions { Subscription = id, Status = "paid" })).Data.Count.ShouldBe(2);
        Told(world, await v1.InvoicePayments.ListAsync(new InvoicePaymentListOptions { Invoice = invoice.Id })).ShouldHaveSingleItem();
        await SchedulesAsync(world, v1, id);
        var ending = new SubscriptionUpdateOptions { CancelAtPeriodEnd = true, Metadata = new() { ["gone"] = "" } };
        Told(world, await v1.Subscriptions.UpdateAsync(id, ending)).CancelAt.ShouldNotBeNull();
        Told(world, await v1.Subscriptions.CancelAsync(id, new SubscriptionCancelOptions { InvoiceNow = false, Prorate = false })).Status.ShouldBe("canceled");
    }

    private static async Task SchedulesAsync(StripeWorld world, V1Services v1, string id)
    {
        var made = Told(world, await v1.SubscriptionSchedules.CreateAsync(new SubscriptionScheduleCreateOptions { FromSubscription = id }));
        var (now, cheaper) = (made.Phases[0], world.Stripe.Prices["starter_monthly"].Name("id"));
        var planned = Told(world, await v1.SubscriptionSchedules.UpdateAsync(made.Id, new SubscriptionScheduleUpdateOptions
        {
            EndBehavior = "release", ProrationBehavior = "none",
            Phases =
            [
                new() { StartDate = now.StartDate, EndDate = now.EndDate, Items = [new() { Price = now.Items[0].PriceId, Quantity = 1 }] },
                new() { Duration = new() { Interval = "month", IntervalCount = 1 }, Items = [new() { Price = cheaper }], Metadata = new() { ["k"] = "v" } },
            ],
        }));
        var next = planned.Phases[1];
        (next.Items[0].PriceId, next.EndDate, planned.CurrentPhase.EndDate).ShouldBe((cheaper, now.EndDate.AddMonths(1), now.EndDate));
        Told(world, await v1.SubscriptionSchedules.ReleaseAsync(made.Id)).Status.ShouldBe("released");
    }

    [Fact]
    public async Task Payments_refunds_and_disputes()
    {
        await using var world = await StripeWorld.StartAsync();
        var v1 = Client(world).V1;
        var customer = await v1.Customers.CreateAsync(new CustomerCreateOptions { Email = "a@b.test" });
        var card = world.Stripe.SaveCard(customer.Id);
        Told(world, await v1.PaymentMethods.GetAsync(card)).Card.Last4.ShouldBe("4242");
        Told(world, await v1.PaymentMethods.ListAsync(new PaymentMethodListOptions { Customer = customer.Id, Type = "card" })).ShouldHaveSingleItem();
        var charge = new PaymentIntentCreateOptions
        {
            Amount = 900, Currency = "usd", Customer = customer.Id, PaymentMethod = card, OffSession = true, Confirm = true, Description = "d",
            ReceiptEmail = "r@e.test",
        };
        var paid = Told(world, await v1.PaymentIntents.CreateAsync(charge, new RequestOptions { IdempotencyKey = "k" }));
        (paid.Status, paid.AmountReceived).ShouldBe(("succeeded", 900));
        Told(world, await v1.PaymentIntents.ListAsync(new PaymentIntentListOptions { Customer = customer.Id })).ShouldHaveSingleItem();
        Told(world, await v1.Charges.GetAsync(paid.LatestChargeId, new ChargeGetOptions { Expand = ["payment_intent"] })).PaymentIntent.Id.ShouldBe(paid.Id);
        world.Stripe.Refund(paid.Id, 300);
        world.Stripe.Dispute(paid.Id, 200);
        var refunded = new RefundListOptions { Charge = paid.LatestChargeId, PaymentIntent = paid.Id };
        var refund = Told(world, await v1.Refunds.ListAsync(refunded)).Data.ShouldHaveSingleItem();
        (refund.Amount, refund.Status, refund.CustomerId).ShouldBe((300, "succeeded", customer.Id));
        var disputed = new DisputeListOptions { Charge = paid.LatestChargeId, PaymentIntent = paid.Id };
        var dispute = Told(world, await v1.Disputes.ListAsync(disputed)).Data.ShouldHaveSingleItem();
        (dispute.Status, dispute.BalanceTransactions[0].Net).ShouldBe(("needs_response", -1_700));
        world.Stripe.CardBehaves(card, StripeCard.Declined);
        var declined = await Should.ThrowAsync<StripeException>(() => v1.PaymentIntents.CreateAsync(charge, new RequestOptions { IdempotencyKey = "l" }));
        (declined.StripeError.Type, declined.StripeError.DeclineCode, declined.StripeError.PaymentIntent.LastPaymentError.PaymentMethod.Id).ShouldBe(
            ("card_error", "generic_decline", card));
    }

    [Fact]
    public async Task The_catalogue_the_endpoints_and_the_events()
    {
        await using var world = await StripeWorld.StartAsync();
        var v1 = Client(world).V1;
        Told(world, await v1.Products.CreateAsync(new ProductCreateOptions { Id = "prod_x", Name = "n", Description = "d", Metadata = new() { ["k"] = "v" } }));
        Told(world, await v1.Products.UpdateAsync("prod_x", new ProductUpdateOptions { Name = "m", Active = true })).Name.ShouldBe("m");
        var price = Told(world, await v1.Prices.CreateAsync(new PriceCreateOptions
        {
            Product = "prod_x", Currency = "eur", UnitAmount = 1, LookupKey = "k", TransferLookupKey = true,
            Recurring = new() { Interval = "month", IntervalCount = 1 },
        }));
        Told(world, await v1.Prices.ListAsync(new PriceListOptions { LookupKeys = ["k", "l"], Active = true, Product = "prod_x", Expand = ["data.product"] }))
            .Data.ShouldHaveSingleItem().Product.Name.ShouldBe("m");
        Told(world, await v1.Prices.UpdateAsync(price.Id, new PriceUpdateOptions { Active = false })).Active.ShouldBeFalse();
        var endpoint = await v1.WebhookEndpoints.CreateAsync(new WebhookEndpointCreateOptions
        {
            Url = "http://127.0.0.1:9/none", EnabledEvents = ["*"], ApiVersion = StripeConfiguration.ApiVersion, Description = "d",
        });
        (endpoint.ApiVersion, endpoint.Secret[..6]).ShouldBe((StripeRendering.Endive, "whsec_"));
        var narrower = new WebhookEndpointUpdateOptions { EnabledEvents = ["invoice.paid"] };
        Told(world, await v1.WebhookEndpoints.UpdateAsync(endpoint.Id, narrower)).EnabledEvents.ShouldBe(["invoice.paid"]);
        Told(world, await v1.WebhookEndpoints.ListAsync(new WebhookEndpointListOptions { Limit = 100 })).ShouldHaveSingleItem().Secret.ShouldBeNull();
        Told(world, await v1.PromotionCodes.ListAsync(new PromotionCodeListOptions { Code = "SAVE20", Expand = ["data.promotion.coupon"] }))
            .Data.ShouldHaveSingleItem().Promotion.Coupon.PercentOff.ShouldBe(20);

        StripeAccount.EverythingHappens(world);
        var missed = new EventListOptions { Types = ["checkout.session.completed", "invoice.*"], Limit = 100, DeliverySuccess = false };
        var events = await v1.Events.ListAsync(missed);
        events.Data.Select(e => e.ApiVersion).Distinct().ShouldBe([world.Stripe.AccountVersion]);
        foreach (var happened in world.Stripe.Events)
        {
            var sent = EventUtility.ParseEvent(System.Text.Encoding.UTF8.GetString(happened.Bytes()), throwOnApiVersionMismatch: true);
            var thing = (StripeEntity)sent.Data.Object;
            Lost(JsonNode.Parse(happened.Bytes())!["data"]!["object"]!, JsonNode.Parse(thing.ToJson())!, happened.Type).ShouldBeEmpty();
        }
    }

    private static StripeClient Client(StripeWorld world) => new(new StripeClientOptions
    {
        ApiKey = world.Stripe.ApiKey, ApiBase = world.Stripe.Url, HttpClient = new SystemNetHttpClient(world.Http, 0, appInfo: null, enableTelemetry: false),
    });

    /// <summary>The entity holds all that was answered, and what was answered is what the account has.</summary>
    private static T Told<T>(StripeWorld world, T entity) where T : StripeEntity
    {
        var answer = JsonNode.Parse(entity.StripeResponse.Content)!.AsObject();
        Lost(answer, JsonNode.Parse(entity.ToJson())!, answer.Name("object")).ShouldBeEmpty();
        foreach (var thing in answer.Text("object") == "list" ? answer.Data() : [answer])
        {
            if (!world.Stripe.Knows(thing.Name("id"))) continue; // a preview and line items are in no list
            Same(world.Stripe.Read(thing.Name("id")), thing).ShouldBeTrue(thing.ToJsonString());
        }

        return entity;
    }

    /// <summary>What was answered is what is kept, with objects in place of ids where they were asked for.</summary>
    private static bool Same(JsonNode? kept, JsonNode? answered) => (kept, answered) switch
    {
        (JsonObject k, JsonObject a) => k.All(m => Same(m.Value, a[m.Key])),
        (JsonArray k, JsonArray a) => k.Count == a.Count && k.Zip(a).All(e => Same(e.First, e.Second)),
        (JsonValue k, JsonObject a) => k.ToString() == a.Text("id"),
        _ => JsonNode.DeepEquals(kept, answered),
    };

    /// <summary>What the entity does not have, or has otherwise.</summary>
    private static IEnumerable<string> Lost(JsonNode? sent, JsonNode? held, string at) => (sent, held) switch
    {
        (null, null) => [],
        (JsonObject s, JsonObject h) => s.Where(m => m.Key != "total_count").SelectMany(m => // documented, but lists have no such property
            h.ContainsKey(m.Key) || m.Value is null ? Lost(m.Value, h[m.Key], $"{at}.{m.Key}") : [$"{at}.{m.Key} is unknown"]),
        (JsonArray s, JsonArray h) when s.Count == h.Count => s.Zip(h).SelectMany(e => Lost(e.First, e.Second, $"{at}[]")),
        (JsonValue s, JsonValue h) when Text(s) == Text(h) => [],
        _ => [$"{at} is {held?.ToJsonString() ?? "null"} and was sent as {sent?.ToJsonString() ?? "null"}"],
    };

    private static string Text(JsonValue value) => value.GetValueKind() == JsonValueKind.Number
        ? decimal.Parse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture).ToString("G29", CultureInfo.InvariantCulture)
        : value.ToString();
}
