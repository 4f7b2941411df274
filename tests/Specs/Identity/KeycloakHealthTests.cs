using System.Text.Json.Nodes;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BillingMonolith.Specs.Identity;

/// <summary>What an operator reads when Keycloak is not as it must be.</summary>
public sealed class KeycloakHealthTests
{
    [Fact]
    public async Task A_realm_as_it_must_be_is_healthy()
    {
        await using var world = await IdentityWorld.StartAsync();
        var entry = await world.HealthAsync();
        entry.Status.ShouldBe(HealthStatus.Healthy, entry.Description);
    }

    [Fact]
    public async Task Attributes_that_the_realm_does_not_declare_are_named()
    {
        await using var world = await IdentityWorld.StartAsync(declared: false);
        var reason = await ReasonAsync(world);
        reason.ShouldContain("does not declare");
        foreach (var name in UserProfile.SubscriptionAttributes) reason.ShouldContain(name);
    }

    [Theory]
    [InlineData("ADMIN_EDIT", null)]
    [InlineData("ADMIN_VIEW", "does not declare")]
    [InlineData("ENABLED", "Users can edit their own subscription_tier")]
    public async Task The_policy_decides_on_what_is_not_declared(string policy, string? said)
    {
        await using var world = await IdentityWorld.StartAsync(declared: false);
        await PutProfileAsync(world, profile => profile["unmanagedAttributePolicy"] = policy);
        var entry = await world.HealthAsync();
        entry.Status.ShouldBe(said is null ? HealthStatus.Healthy : HealthStatus.Degraded, entry.Description);
        if (said is not null) entry.Description!.ShouldContain(said);
    }

    [Fact]
    public async Task A_policy_for_the_undeclared_does_not_matter_to_the_declared()
    {
        await using var world = await IdentityWorld.StartAsync();
        await PutProfileAsync(world, profile => profile["unmanagedAttributePolicy"] = "ENABLED");
        (await world.HealthAsync()).Status.ShouldBe(HealthStatus.Healthy);
    }

    [Theory]
    [InlineData("""["admin","user"]""", "Users can edit their own stripe_customer_id,")]
    [InlineData("""["user"]""", "Users can edit their own stripe_customer_id,")]
    [InlineData("[]", "Administrators may not edit stripe_customer_id,")]
    [InlineData("null", "Administrators may not edit stripe_customer_id,")]
    public async Task Each_attribute_is_editable_for_admins_and_nobody_else(string edit, string said)
    {
        await using var world = await IdentityWorld.StartAsync();
        await PutProfileAsync(world, profile =>
            profile["attributes"]!.AsArray().Single(a => (string?)a!["name"] == "stripe_customer_id")!["permissions"]!["edit"] = JsonNode.Parse(edit));
        var reason = await ReasonAsync(world);
        reason.ShouldContain(said);
        reason.ShouldNotContain("subscription_tier");
    }

    [Theory]
    [InlineData("query-users", "shows none of its")] // the list is empty, not forbidden
    [InlineData("view-realm", "the role view-users of the client realm-management")]
    public async Task A_service_account_that_may_not_see_users_is_told_which_role(string role, string said)
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.Roles = [role];
        (await ReasonAsync(world)).ShouldContain(said);
    }

    [Fact]
    public async Task A_realm_without_users_is_no_fault()
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.Add(new Fault(r => r.Query.ContainsKey("max"), 1) { Status = 200, Body = "[]" });
        world.Keycloak.Add(new Fault(r => r.Path.Value!.EndsWith("/count", StringComparison.Ordinal), 1) { Status = 200, Body = "0" });
        (await world.HealthAsync()).Status.ShouldBe(HealthStatus.Healthy);
    }

    [Fact]
    public async Task A_service_account_that_may_not_change_users_is_told_which_role()
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.Add(new Fault(r => r.Query.ContainsKey("max"), 1) { Status = 200, Body = """[{"id":"1","access":{"manage":false}}]""" });
        (await ReasonAsync(world)).ShouldContain("the role manage-users of the client realm-management");
    }

    [Fact]
    public async Task A_secret_that_is_changed_shows_at_once_and_the_secret_never()
    {
        await using var world = await IdentityWorld.StartAsync(clientSecret: "another");
        var reason = await ReasonAsync(world);
        reason.ShouldContain("Check Keycloak:ClientId ('billing') and Keycloak:ClientSecret");
        reason.ShouldNotContain("canary");
    }

    [Fact]
    public async Task Each_run_takes_a_token_of_its_own()
    {
        await using var world = await IdentityWorld.StartAsync();
        await world.HealthAsync();
        await world.HealthAsync();
        world.Keycloak.TokensIssued.ShouldBe(2);
    }

    [Fact]
    public async Task A_realm_that_does_not_exist_is_named()
    {
        await using var world = await IdentityWorld.StartAsync(settings: new() { ["Keycloak:Realm"] = "uchubb" });
        (await ReasonAsync(world)).ShouldContain("Keycloak:Realm ('uchubb')");
    }

    [Fact]
    public async Task Another_issuer_is_named_with_the_expected_one_and_what_to_set()
    {
        await using var world = await IdentityWorld.StartAsync(settings: new() { ["Keycloak:PublicUrl"] = "https://login.example.com" });
        var reason = await ReasonAsync(world);
        reason.ShouldContain($"'{world.Keycloak.Url}/realms/uchub'");
        reason.ShouldContain("'https://login.example.com/realms/uchub'");
        reason.ShouldContain("Keycloak__PublicUrl");
        reason.ShouldContain("KC_HOSTNAME");
    }

    [Fact]
    public async Task A_wrong_issuer_does_not_hide_a_profile_that_is_open_to_users()
    {
        await using var world = await IdentityWorld.StartAsync(declared: false, settings: new() { ["Keycloak:PublicUrl"] = "https://login.example.com" });
        (await ReasonAsync(world)).ShouldContain("does not declare");
    }

    [Fact]
    public async Task A_Keycloak_that_is_down_is_named_with_its_address()
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.GoDown();
        var reason = await ReasonAsync(world);
        reason.ShouldContain(world.Keycloak.Url);
        reason.ShouldContain("does not answer");
    }

    [Fact]
    public async Task A_proxys_page_is_no_realm()
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.Add(new Fault(_ => true, 1) { Status = 200, Body = "<html>Welcome</html>", ContentType = "text/html" });
        (await ReasonAsync(world)).ShouldContain("not with the JSON");
    }

    private static async Task<string> ReasonAsync(IdentityWorld world)
    {
        var entry = await world.HealthAsync();
        entry.Status.ShouldBe(HealthStatus.Degraded, entry.Description);
        return entry.Description!;
    }

    private static async Task PutProfileAsync(IdentityWorld world, Action<JsonObject> change)
    {
        var profile = (await world.Admin.GetUserProfileAsync("uchub"))!;
        change(profile);
        using var http = new HttpClient(new SocketsHttpHandler());
        http.DefaultRequestHeaders.Authorization = new("Bearer", await world.Token.GetAsync(CancellationToken.None));
        using var body = new StringContent(profile.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        using var answer = await http.PutAsync(new Uri($"{world.Keycloak.Url}/admin/realms/uchub/users/profile"), body);
        answer.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
    }
}
