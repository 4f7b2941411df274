using BillingMonolith.Identity;
using BillingMonolith.Identity.Keycloak;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;
using Microsoft.AspNetCore.Http;

namespace BillingMonolith.Specs.Identity;

public sealed class TierProjectionTests
{
    private static readonly string Ada = DemoUsers.Buyer.Id;
    private static readonly Entitlement Professional =
        new("professional", "active", "cus_1", "sub_1", new DateTime(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc), null);

    [Fact]
    public async Task It_writes_the_six_and_nothing_else_and_a_repeat_writes_nothing()
    {
        await using var world = await IdentityWorld.StartAsync();
        (await ApplyAsync(world, Ada)).ShouldBeTrue();
        var expected = DemoUsers.Buyer.With("subscription_tier", "professional").With("subscription_status", "active").With("stripe_customer_id", "cus_1")
            .With("stripe_subscription_id", "sub_1").With("subscription_start_date", "2026-11-01T00:00:00Z");
        Text(world.Stored(Ada)).ShouldBe(Text(expected));

        (await ApplyAsync(world, Ada)).ShouldBeTrue();
        world.Puts.ShouldBe(1);
    }

    [Fact]
    public async Task An_attribute_that_lost_its_value_is_removed()
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.EditAsAdministrator(Ada, u => u.With("subscription_end_date", "2026-01-01T00:00:00Z"));
        await ApplyAsync(world, Ada);
        world.Stored(Ada).Attributes.ContainsKey("subscription_end_date").ShouldBeFalse();
    }

    [Fact]
    public async Task Odd_texts_of_others_survive()
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.EditAsAdministrator(Ada, u =>
            u.With("department", "<b>\"quoted\"</b> \\ \u00e9\u4e2d\ud83d\ude00 \u2028", "two", "") with { LastName = "O'Lovelace & Söhne" });
        var before = world.Stored(Ada);
        await ApplyAsync(world, Ada);
        world.Stored(Ada).Attributes["department"].ShouldBe(before.Attributes["department"]);
        world.Stored(Ada).LastName.ShouldBe(before.LastName);
    }

    [Fact]
    public async Task A_user_without_attributes_and_a_disabled_user_are_written_too()
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.EditAsAdministrator(Ada, u => u with { Attributes = u.Attributes.Clear() });
        await ApplyAsync(world, Ada);
        await ApplyAsync(world, DemoUsers.Disabled.Id);
        world.Stored(Ada)["subscription_tier"].ShouldBe("professional");
        (world.Stored(DemoUsers.Disabled.Id)["subscription_tier"], world.Stored(DemoUsers.Disabled.Id).Enabled).ShouldBe(("professional", false));
    }

    [Fact]
    public async Task An_unknown_user_is_not_written()
    {
        await using var world = await IdentityWorld.StartAsync();
        (await ApplyAsync(world, "nosuch")).ShouldBeFalse();
        world.Puts.ShouldBe(0);
    }

    [Fact]
    public async Task A_silent_drop_is_an_error_that_names_the_attributes_and_the_way_out()
    {
        await using var world = await IdentityWorld.StartAsync(declared: false);
        var error = await Should.ThrowAsync<KeycloakException>(() => ApplyAsync(world, Ada));
        error.Message.ShouldContain("subscription_tier, subscription_status, stripe_customer_id, stripe_subscription_id, subscription_start_date:");
        error.Message.ShouldContain("setup keycloak");
        error.Message.ShouldNotContain("subscription_end_date");
    }

    [Fact]
    public async Task An_edit_that_crosses_the_write_is_kept_and_the_tier_stands()
    {
        await using var world = await IdentityWorld.StartAsync();
        BeforeEachReadBack(world, 1, u => DemoUsers.Buyer.With("locale", "de"));
        (await ApplyAsync(world, Ada)).ShouldBeTrue();
        (world.Stored(Ada)["locale"], world.Stored(Ada)["subscription_tier"]).ShouldBe(("de", "professional"));
        world.Puts.ShouldBe(2);
    }

    [Fact]
    public async Task An_edit_at_every_try_ends_after_three_writes()
    {
        await using var world = await IdentityWorld.StartAsync();
        var turn = 0;
        BeforeEachReadBack(world, int.MaxValue, u => DemoUsers.Buyer.With("locale", $"l{turn++}"));
        (await Should.ThrowAsync<KeycloakException>(() => ApplyAsync(world, Ada))).Message.ShouldContain("did not stand after 3 writes");
        world.Puts.ShouldBe(3);
    }

    [Fact]
    public async Task A_write_that_changed_nothing_though_it_said_204_is_found_out()
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.EditAsAdministrator(Ada, u => u.With("subscription_tier", "trial"));
        world.Keycloak.Add(new Fault(r => r.Method == "PUT", int.MaxValue) { Status = 204 });
        await Should.ThrowAsync<KeycloakException>(() => ApplyAsync(world, Ada));
    }

    private static async Task<bool> ApplyAsync(IdentityWorld world, string id) =>
        await world.Projection.ApplyAsync(id, Professional.Attributes, CancellationToken.None) != Projected.Unknown;

    /// <summary>Somebody else's hand falls between our write and our reading back: the fault only watches the requests go by.</summary>
    private static void BeforeEachReadBack(IdentityWorld world, int times, Func<KeycloakUser, KeycloakUser> change)
    {
        var reads = 0;
        world.Keycloak.Add(new Fault(Watch, int.MaxValue));

        bool Watch(HttpRequest request)
        {
            if (request.Method == "GET" && request.Path.Value!.EndsWith(Ada, StringComparison.Ordinal) && reads++ is > 0 and var read && read <= times)
                world.Keycloak.EditAsAdministrator(Ada, change);
            return false;
        }
    }

    private static string Text(KeycloakUser user) =>
        $"{user with { Attributes = user.Attributes.Clear() }} {string.Join(' ', user.Attributes.Select(a => $"{a.Key}={string.Join('|', a.Value)}"))}";
}
