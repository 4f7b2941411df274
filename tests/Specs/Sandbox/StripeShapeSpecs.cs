using System.Text.Json.Nodes;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Specs.Sandbox;

/// <summary>What the stand-in answers and sends, against the OpenAPI document of each version.</summary>
public sealed class StripeShapeSpecs
{
    public static TheoryData<string> Versions => [.. StripeRendering.Versions];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Every_event_and_its_object_is_as_documented(string version)
    {
        var document = StripeDocument.Of(version);
        document.Version.ShouldBe(version);
        await using var world = await StripeWorld.StartAsync();
        StripeAccount.EverythingHappens(world);
        var faults = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var happened in world.Stripe.Events.Select(e => JsonNode.Parse(e.Bytes(version))!))
        {
            happened.Text("api_version").ShouldBe(version);
            faults.UnionWith(document.Faults(happened));
            var thing = happened["data"]!["object"]!;
            if (document.Kinds.Contains(thing.Name("object"))) faults.UnionWith(document.Faults(thing));
        }

        faults.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Every_object_that_can_be_read_is_as_documented(string version)
    {
        var document = StripeDocument.Of(version);
        await using var world = await StripeWorld.StartAsync();
        StripeAccount.EverythingHappens(world);
        var (faults, seen) = (new SortedSet<string>(StringComparer.Ordinal), new HashSet<string>());
        foreach (var list in StripeAccount.Lists)
        {
            var (status, listed, _) = await world.CallAsync("GET", list, "limit=100", version: version);
            if (list == "/v1/invoice_payments" && version == StripeRendering.Legacy)
            {
                status.ShouldBe(404, "it came with 2025-03-31.basil");
                continue;
            }

            faults.UnionWith(document.Faults("GET", list, listed) ?? []);
            foreach (var thing in listed.Data().Where(t => t.Text("object") != "invoice_payment"))
            {
                var path = $"{list}/{thing.Name("id")}";
                var (_, one, _) = await world.CallAsync("GET", path, version: version);
                if (thing.Text("object") != "event") JsonNode.DeepEquals(one, thing).ShouldBeTrue(path);
                faults.UnionWith(document.Faults("GET", $"{list}/{{id}}", one) ?? []);
                seen.Add(thing.Name("object"));
            }
        }

        faults.ShouldBeEmpty();
        seen.Count.ShouldBe(StripeAccount.Lists.Length - 1, "one object of each kind at least");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task What_is_expanded_made_previewed_or_deleted_is_as_documented(string version)
    {
        var document = StripeDocument.Of(version);
        await using var world = await StripeWorld.StartAsync();
        var bought = world.Stripe.OpenPlanSession(StripeWorld.Ada, "starter", "monthly");
        world.Stripe.Pay(bought);
        var subscription = world.Stripe.Read(world.Stripe.SubscriptionOf(bought), StripeRendering.Legacy);
        var (id, customer, invoice) = (subscription.Name("id"), subscription.Name("customer"), subscription.Name("latest_invoice"));
        var charge = world.Stripe.Read(invoice, StripeRendering.Legacy).Name("charge");
        var (refund, dispute) = (world.Stripe.Refund(charge, 300), world.Stripe.Dispute(charge, 500));
        var item = subscription["items"]!["data"]![0]!.Name("id");
        var preview = $"subscription={id}&subscription_details[items][0][id]={item}&subscription_details[items][0][quantity]=2" +
            "&subscription_details[proration_behavior]=always_invoice";
        List<(string Method, string Path, string Form)> calls =
        [
            ("GET", $"/v1/checkout/sessions/{bought}", Expand("line_items.data.price.product", "customer", "subscription.latest_invoice", "invoice")),
            ("GET", $"/v1/checkout/sessions/{bought}/line_items", ""), ("GET", $"/v1/charges/{charge}", Expand("payment_intent", "refunds", "customer")),
            ("GET", $"/v1/subscriptions/{id}", Expand("latest_invoice", "customer", "default_payment_method")),
            ("GET", $"/v1/refunds/{refund}", Expand("charge", "payment_intent")), ("GET", $"/v1/disputes/{dispute}", Expand("charge")),
            ("GET", "/v1/events", Expand("data.data.object.customer") + "&type=customer.subscription.created"),
            version == StripeRendering.Legacy
                ? ("GET", $"/v1/invoices/{invoice}", Expand("charge", "payment_intent.latest_charge", "subscription", "customer"))
                : ("GET", $"/v1/invoices/{invoice}", Expand("payments.data.payment.payment_intent", "parent.subscription_details.subscription", "customer")),
            ("GET", "/v1/promotion_codes", version == StripeRendering.Legacy ? "" : Expand("data.promotion.coupon")),
            ("POST", "/v1/invoices/create_preview", preview), ("POST", "/v1/billing_portal/sessions", $"customer={customer}"),
            ("POST", "/v1/webhook_endpoints", "url=https://a.test&enabled_events[0]=*"), ("DELETE", $"/v1/customers/{customer}", ""),
            ("GET", $"/v1/customers/{customer}", ""), ("GET", $"/v1/subscriptions/{id}", Expand("customer")),
        ];
        var faults = new List<string>();
        foreach (var (method, path, form) in calls)
        {
            var (status, answer, _) = await world.CallAsync(method, path, form, version: version);
            status.ShouldBe(200, answer.ToJsonString());
            faults.AddRange(document.Faults(method, path, answer) ?? document.Faults(answer));
        }

        faults.ShouldBeEmpty();

        static string Expand(params IEnumerable<string> paths) => string.Join('&', paths.Select((p, i) => $"expand[{i}]={p}"));
    }

    [Theory]
    [InlineData(StripeRendering.Endive, "payment_intent")]
    [InlineData(StripeRendering.Clover, "charge")]
    [InlineData(StripeRendering.Legacy, "payments")]
    public async Task A_member_of_another_version_cannot_be_expanded(string version, string member)
    {
        await using var world = await StripeWorld.StartAsync();
        var bought = world.Stripe.OpenPlanSession(StripeWorld.Ada, "starter", "monthly");
        world.Stripe.Pay(bought);
        var invoice = world.Stripe.Read(bought).Name("invoice");
        var (status, refused, _) = await world.CallAsync("GET", $"/v1/invoices/{invoice}", $"expand[]={member}", version: version);
        (status, refused["error"]!.Text("param")).ShouldBe((400, "expand"));
    }
}
