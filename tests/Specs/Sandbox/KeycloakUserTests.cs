using System.Text.Json.Nodes;
using BillingMonolith.Sandbox.Keycloak;

namespace BillingMonolith.Specs.Sandbox;

public sealed class KeycloakUserTests
{
    private const string Ada = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

    [Theory]
    [InlineData("email=ada.lovelace@example.com&exact=true", "buyer")]
    [InlineData("email=ADA.Lovelace@Example.com&exact=true", "buyer")]
    [InlineData("email=ada.lovelace@example.co&exact=true", "")]
    [InlineData("email=ada.lovelace@example.co", "buyer")]
    [InlineData("email=twin@example.com&exact=true", "twin1,twin2")]
    [InlineData("email=plus%2Btag@example.com&exact=true", "plus")]
    [InlineData("email=plus+tag@example.com&exact=true", "")]
    [InlineData("username=TWIN", "twin1,twin2")]
    [InlineData("username=twin&exact=true", "")]
    [InlineData("search=twin&username=buyer", "twin1,twin2")]
    [InlineData("search=ovelace", "")]
    [InlineData("search=*ovelace*", "buyer")]
    [InlineData("search=\"lovelace\"", "buyer")]
    [InlineData("emailVerified=false", "unverified")]
    [InlineData("enabled=false", "disabled")]
    [InlineData("q=locale:de", "plus")]
    [InlineData("first=1&max=2", "buyer,disabled")]
    public async Task Listing(string query, string expected)
    {
        await using var world = await KeycloakHttp.StartAsync();
        world.Keycloak.Seed(new KeycloakUser(Guid.NewGuid().ToString(), "plus") { Email = "plus+tag@example.com", EmailVerified = true }.With("locale", "de"));
        string.Join(',', await world.UsernamesAsync(query)).ShouldBe(expected);
    }

    [Fact]
    public async Task A_list_is_cut_at_100_and_its_items_carry_one_access_flag()
    {
        await using var world = await KeycloakHttp.StartAsync();
        for (var i = 0; i < 120; i++) world.Keycloak.Seed(new KeycloakUser(Guid.NewGuid().ToString(), $"u{i}"));
        (await world.UsernamesAsync("")).Length.ShouldBe(100);

        var item = (await world.JsonAsync($"{world.Users}?username=buyer"))[0]!;
        item["access"]!.ToJsonString().ShouldBe("""{"manage":true}""");
        item["attributes"].ShouldNotBeNull();
        (await world.JsonAsync($"{world.Users}?username=buyer&briefRepresentation=true"))[0]!["attributes"].ShouldBeNull();
    }

    [Fact]
    public async Task A_user_reads_as_the_contract_sample_does()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var user = (await world.JsonAsync($"{world.Users}/{Ada}")).AsObject();
        user.Select(m => m.Key).ShouldBe(
        [
            "id", "username", "firstName", "lastName", "email", "emailVerified", "attributes", "enabled", "createdTimestamp", "totp",
            "disableableCredentialTypes", "requiredActions", "notBefore", "access",
        ]);
        user["access"]!.AsObject().Count.ShouldBe(6);

        world.Keycloak.EditAsAdministrator(Ada, u => u with { Attributes = u.Attributes.Clear() });
        (await world.JsonAsync($"{world.Users}/{Ada}")).AsObject().ContainsKey("attributes").ShouldBeFalse("absent, not {}");
        (await world.GetAsync($"{world.Users}/nosuch")).ShouldBe((404, """{"error":"User not found"}"""));
    }

    [Fact]
    public async Task The_contract_samples_agree()
    {
        var folder = Environment.GetEnvironmentVariable("BILLING_CONTRACTS");
        if (string.IsNullOrEmpty(folder)) Assert.Skip("Set BILLING_CONTRACTS to the folder with the contract samples.");
        var samples = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "keycloak.samples.json")))!;
        await using var world = await KeycloakHttp.StartAsync();

        (await world.JsonAsync($"{world.Users}/{Ada}")).AsObject().Select(m => m.Key).ShouldBe(samples["user_get_one"]!["body"]!.AsObject().Select(m => m.Key));
        var profile = samples["user_profile_put_body"]!["body"]!;
        var (status, answer, _) = await world.SendAsync(HttpMethod.Put, $"{world.Users}/profile", profile.ToJsonString());
        status.ShouldBe(200);
        JsonNode.DeepEquals(JsonNode.Parse(answer), profile).ShouldBeTrue();
        (await world.PutAsync(Ada, """{"email":"ada.lovelace@example.com","attributes":{"subscription_tier":["gold"]}}""")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task A_put_with_attributes_alone_wipes_email_and_names_and_the_attributes_not_named()
    {
        await using var world = await KeycloakHttp.StartAsync();
        (await world.PutAsync(Ada, """{"attributes":{"subscription_tier":["trial"]}}""")).ShouldBe((204, ""));
        var ada = world.Stored(Ada);
        (ada.Email, ada.FirstName, ada.LastName, ada["locale"], ada["subscription_tier"]).ShouldBe((null, null, null, null, "trial"));
        ada.EmailVerified.ShouldBeTrue();
    }

    [Fact]
    public async Task Roles_and_passwords_are_neither_shown_nor_changed_by_a_put()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var admin = DemoUsers.Admin.Id;
        (await world.PutAsync(admin, """{"realmRoles":["billing-operator"],"credentials":[{"type":"password","value":"x"}]}""")).Status.ShouldBe(204);
        world.Stored(admin).ShouldBe(DemoUsers.Admin);
        var (_, shown) = await world.GetAsync($"{world.Users}/{admin}");
        shown.ShouldNotContain("billing-admin");
        shown.ShouldNotContain("\"password\"");
    }

    [Fact]
    public async Task A_put_without_attributes_changes_only_what_it_names()
    {
        await using var world = await KeycloakHttp.StartAsync();
        (await world.PutAsync(Ada, """{"firstName":"Augusta"}""")).Status.ShouldBe(204);
        var ada = world.Stored(Ada);
        (ada.FirstName, ada.LastName, ada.Email, ada["locale"], ada.Enabled).ShouldBe(("Augusta", "Lovelace", "ada.lovelace@example.com", "en", true));
    }

    [Theory]
    [InlineData("""{"nosuchfield":1}""", 400,
        """{"error":"Invalid json representation for UserRepresentation. Unrecognized field \"nosuchfield\" at line 1 column 16."}""")]
    [InlineData("{", 400, """{"error":"invalid_request","error_description":"Cannot parse the JSON"}""")]
    [InlineData("""{"email":"Grace.Hopper@example.com"}""", 409, """{"errorMessage":"User exists with same email"}""")]
    public async Task A_put_that_is_refused_changes_nothing(string body, int status, string answer)
    {
        await using var world = await KeycloakHttp.StartAsync();
        (await world.PutAsync(Ada, body)).ShouldBe((status, answer));
        world.Stored(Ada).ShouldBe(DemoUsers.Buyer);
    }

    [Fact]
    public async Task An_email_is_stored_in_lower_case()
    {
        await using var world = await KeycloakHttp.StartAsync();
        await world.PutAsync(Ada, """{"email":"ADA@Example.COM"}""");
        world.Stored(Ada).Email.ShouldBe("ada@example.com");
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("ADMIN_VIEW", null)]
    [InlineData("ADMIN_EDIT", "trial")]
    [InlineData("ENABLED", "trial")]
    public async Task An_undeclared_attribute_is_dropped_with_204_unless_the_policy_lets_it_in(string? policy, string? kept)
    {
        await using var world = await KeycloakHttp.StartAsync(declared: false);
        if (policy is not null)
        {
            var profile = await world.JsonAsync($"{world.Users}/profile");
            profile["unmanagedAttributePolicy"] = policy;
            (await world.SendAsync(HttpMethod.Put, $"{world.Users}/profile", profile.ToJsonString())).Status.ShouldBe(200);
        }

        var user = await world.JsonAsync($"{world.Users}/{Ada}");
        user["attributes"]!["subscription_tier"] = new JsonArray("trial");
        (await world.PutAsync(Ada, user.ToJsonString())).ShouldBe((204, ""));
        ((string?)(await world.JsonAsync($"{world.Users}/{Ada}"))["attributes"]!["subscription_tier"]?[0]).ShouldBe(kept);
        world.Stored(Ada)["locale"].ShouldBe("en");
    }

    [Fact]
    public async Task What_an_administrator_may_not_edit_stays_and_what_is_hidden_survives()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var profile = await world.JsonAsync($"{world.Users}/profile");
        profile["attributes"]!.AsArray().Single(a => (string?)a!["name"] == "department")!["permissions"]!["edit"] = new JsonArray("user");
        await world.SendAsync(HttpMethod.Put, $"{world.Users}/profile", profile.ToJsonString());
        world.Keycloak.EditAsAdministrator(Ada, u => u.With("secret_of_another_system", "x"));

        (await world.PutAsync(Ada, """{"email":"ada.lovelace@example.com","attributes":{}}""")).Status.ShouldBe(204);
        var ada = world.Stored(Ada);
        (ada["department"], ada["secret_of_another_system"], ada["locale"]).ShouldBe((DemoUsers.Buyer["department"], "x", null));
        (await world.PutAsync(Ada, """{"attributes":{"department":["other"]}}""")).ShouldBe(
            (400, """{"field":"department","errorMessage":"error-user-attribute-read-only","params":["department"]}"""));
    }

    [Fact]
    public async Task Validation_names_the_field_and_several_errors_stand_in_a_list()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var profile = await world.JsonAsync($"{world.Users}/profile");
        var attributes = profile["attributes"]!.AsArray();
        attributes.Single(a => (string?)a!["name"] == "email")!["required"] = new JsonObject { ["roles"] = new JsonArray("admin") };
        attributes.Single(a => (string?)a!["name"] == "subscription_tier")!["validations"] = JsonNode.Parse("""{"options":{"options":["trial"]}}""");
        await world.SendAsync(HttpMethod.Put, $"{world.Users}/profile", profile.ToJsonString());

        (await world.PutAsync(Ada, """{"attributes":{}}""")).ShouldBe(
            (400, """{"field":"email","errorMessage":"error-user-attribute-required","params":["email"]}"""));
        var (status, both) = await world.PutAsync(Ada, """{"attributes":{"subscription_tier":["gold"]}}""");
        status.ShouldBe(400);
        JsonNode.Parse(both)!["errors"]!.AsArray().Select(e => (string?)e!["field"]).ShouldBe(["email", "subscription_tier"]);
        (await world.PutAsync(Ada, $$"""{"email":"a@b.c","attributes":{"locale":["{{new string('x', 2049)}}"]} }""")).Status.ShouldBe(400);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    public async Task An_empty_profile_put_resets_it(string body)
    {
        await using var world = await KeycloakHttp.StartAsync();
        (await world.SendAsync(HttpMethod.Put, $"{world.Users}/profile", body)).Status.ShouldBe(200);
        (await world.JsonAsync($"{world.Users}/profile"))["attributes"]!.AsArray().Select(a => (string?)a!["name"]).ShouldBe(UserProfile.RootAttributes);
    }

    [Fact]
    public async Task A_profile_without_its_roots_or_with_unknown_members_is_refused()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var (status, body, _) = await world.SendAsync(HttpMethod.Put, $"{world.Users}/profile", "{}");
        (status, body).ShouldBe((400, """{"errorMessage":"[The attribute 'username' can not be removed, The attribute 'email' can not be removed]"}"""));
        (await world.SendAsync(HttpMethod.Put, $"{world.Users}/profile", """{"nosuch":1}""")).Status.ShouldBe(400);
        (await world.JsonAsync($"{world.Users}/profile"))["attributes"]!.AsArray().Count.ShouldBe(12);

        world.Keycloak.Roles = ["manage-users"];
        (await world.GetAsync($"{world.Users}/profile")).Status.ShouldBe(200);
        (await world.SendAsync(HttpMethod.Put, $"{world.Users}/profile", "")).Status.ShouldBe(403);
    }

    [Fact]
    public async Task Users_are_created_and_deleted()
    {
        await using var world = await KeycloakHttp.StartAsync();
        var (status, body, location) = await world.SendAsync(HttpMethod.Post, world.Users,
            """{"username":"New","email":"New@Example.com","attributes":{"nosuch":["1"]}}""");
        (status, body).ShouldBe((201, ""));
        var made = await world.JsonAsync(location!.ToString());
        ((string?)made["username"], (string?)made["email"], (bool)made["enabled"]!, made["attributes"]).ShouldBe(("new", "new@example.com", false, null));

        (await world.SendAsync(HttpMethod.Post, world.Users, """{"username":"NEW"}""")).Body.ShouldBe("""{"errorMessage":"User exists with same username"}""");
        (await world.SendAsync(HttpMethod.Post, world.Users, """{"username":"x","email":"new@example.com"}""")).Status.ShouldBe(409);
        (await world.SendAsync(HttpMethod.Post, world.Users, "{}")).Body.ShouldBe("""{"errorMessage":"User name is missing"}""");

        using var deleted = await world.RawAsync(HttpMethod.Delete, location.ToString());
        ((int)deleted.StatusCode).ShouldBe(204);
        (await world.GetAsync(location.ToString())).Status.ShouldBe(404);
    }
}
