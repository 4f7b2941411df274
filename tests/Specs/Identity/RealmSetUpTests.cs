using System.Text.Json.Nodes;
using BillingMonolith.Identity;
using BillingMonolith.Identity.Keycloak;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Specs.Identity;

/// <summary>The realm's set-up where something stands in its way: it says which role is missing, and breaks nothing.</summary>
public sealed class RealmSetUpTests
{
    private static readonly string[] All = ["view-users", "manage-users", "view-realm", "manage-realm", "view-clients", "manage-clients"];

    [Theory]
    [InlineData("manage-realm", "profile")]
    [InlineData("manage-realm", "roles")]
    [InlineData("view-clients,manage-clients", "claim")]
    [InlineData("manage-clients", "claim")]
    [InlineData("view-users", "account")]
    [InlineData("manage-users", "account")]
    public async Task A_missing_role_is_named(string without, string part)
    {
        await using var world = await IdentityWorld.StartAsync(declared: false);
        world.Keycloak.Roles = [.. All.Except(without.Split(','))];
        var error = await Should.ThrowAsync<KeycloakException>(() => RunAsync(world, part));
        error.Message.ShouldContain($"the role {without.Split(',')[0]} of the client realm-management");
        error.Message.ShouldContain("service account of client 'billing'");
    }

    [Fact]
    public async Task A_profile_that_does_not_keep_what_was_written_is_not_called_done()
    {
        await using var world = await IdentityWorld.StartAsync(declared: false);
        world.Keycloak.Add(new Fault(r => r.Method == "PUT", 1) { Status = 200, Body = "{}" });
        (await Should.ThrowAsync<KeycloakException>(() => RunAsync(world, "profile"))).Message.ShouldContain("did not stand");
        (await RunAsync(world, "profile")).ShouldAllBe(t => t.Happened == RealmThing.Created);
        (await RunAsync(world, "profile")).ShouldAllBe(t => t.Happened == RealmThing.Unchanged);
    }

    [Fact]
    public async Task A_mapper_that_somebody_made_is_kept_where_it_does_its_work_and_corrected_where_it_does_not()
    {
        await using var world = await IdentityWorld.StartAsync();
        (await RunAsync(world, "claim")).ShouldHaveSingleItem().Happened.ShouldBe(RealmThing.Created);
        var mapper = world.Keycloak.Mappers.ShouldHaveSingleItem();
        mapper["name"] = "Stufe";
        mapper["config"]!["id.token.claim"] = "false";
        (await RunAsync(world, "claim")).ShouldHaveSingleItem().Happened.ShouldBe(RealmThing.Unchanged);
        mapper["config"]!["user.attribute"] = "department";
        (await RunAsync(world, "claim")).ShouldHaveSingleItem().Happened.ShouldBe(RealmThing.Updated);
        var config = world.Keycloak.Mappers.ShouldHaveSingleItem()["config"]!;
        ((string?)config["user.attribute"], (string?)config["id.token.claim"]).ShouldBe(("subscription_tier", "false"));
    }

    [Fact]
    public void What_users_may_see_stays_as_it_was_and_what_they_may_edit_does_not()
    {
        var profile = new JsonObject
        {
            ["attributes"] = new JsonArray(Entitlement.AttributeNames.Select(n => (JsonNode?)JsonNode.Parse(
                $$$"""{"name":"{{{n}}}","permissions":{"view":["admin"],"edit":["admin"{{{(n == "subscription_tier" ? ",\"user\"" : "")}}}]}}""")).ToArray()),
        };
        var (whole, added, corrected) = RealmProfile.WithOurs(profile);
        (added.Count, corrected.ShouldHaveSingleItem()).ShouldBe((0, "subscription_tier"));
        whole["attributes"]![0]!["permissions"]!.ToJsonString().ShouldBe("""{"view":["admin"],"edit":["admin"]}""");
        RealmProfile.Problems(whole).ShouldBeEmpty();
    }

    private static Task<IReadOnlyList<RealmThing>> RunAsync(IdentityWorld world, string part) => part switch
    {
        "profile" => world.SetUp.ProfileAsync(dryRun: false, default),
        "claim" => world.SetUp.ClaimAsync(dryRun: false, default),
        "roles" => world.SetUp.RolesAsync(["boss"], dryRun: false, default),
        _ => world.SetUp.ServiceAccountAsync(dryRun: false, default),
    };
}
