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
                faults.UnionWith(document.Faults("GET", path, one) ?? []);
                seen.Add(thing.Name("object"));
            }
        }

        faults.ShouldBeEmpty();
        seen.Count.ShouldBe(StripeAccount.Lists.Length - 1, "one object of each kind at least");
    }
}
