using BillingMonolith.Identity;
using BillingMonolith.Identity.Keycloak;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace BillingMonolith.Specs.Identity;

public sealed class KeycloakClientTests
{
    [Theory]
    [InlineData("ada.lovelace@example.com", "buyer")]
    [InlineData(" Ada.Lovelace@EXAMPLE.com ", "buyer")]
    [InlineData("plus+tag@example.com", "plus")]
    [InlineData("o'hara&co=1@example.com", "quote")]
    public async Task A_verified_email_of_one_user_finds_him(string email, string username)
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.Seed(new KeycloakUser(Guid.NewGuid().ToString(), "plus") { Email = "plus+tag@example.com", EmailVerified = true });
        world.Keycloak.Seed(new KeycloakUser(Guid.NewGuid().ToString(), "quote") { Email = "o'hara&co=1@example.com", EmailVerified = true });
        var found = await FindAsync(world, email);
        found.Reason.ShouldBeNull();
        world.Stored(found.UserId!).Username.ShouldBe(username);
        // Without it Keycloak lists whoever contains the text, and cuts at a hundred.
        world.Keycloak.Journal.ShouldContain(r => r.Path.EndsWith("&exact=true", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nobody@example.com", "No user has the e-mail address n…@example.com.")]
    [InlineData("ada.lovelace@example.co", "No user has the e-mail address a…@example.co.")]
    [InlineData("unverified@example.com", "The user with the e-mail address u…@example.com has not verified it.")]
    [InlineData("twin@example.com", "2 users have the e-mail address t…@example.com.")]
    [InlineData(" ", "The payment names no user, no linked customer and no e-mail address.")]
    public async Task Anything_else_finds_nobody_and_says_why(string email, string reason)
    {
        await using var world = await IdentityWorld.StartAsync();
        (await FindAsync(world, email)).ShouldBe(new FoundUser(null, reason));
    }

    [Fact]
    public async Task The_returned_email_is_compared_again()
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.Add(new Fault(IsUsers, 1) { Status = 200, Body = """[{"id":"1","email":"ada.lovelace@example.com2","emailVerified":true}]""" });
        (await FindAsync(world, "ada.lovelace@example.com")).UserId.ShouldBeNull();
    }

    [Theory]
    [InlineData("nosuch")]
    [InlineData("profile")]
    [InlineData("..")]
    [InlineData("../users")]
    public async Task An_unknown_id_is_null(string id)
    {
        await using var world = await IdentityWorld.StartAsync();
        (await world.Client.FindAsync(id, CancellationToken.None)).ShouldBeNull();
    }

    [Theory]
    [InlineData(404, """{"error":"Realm not found."}""", "Realm not found.")]
    [InlineData(404, "<html>not here</html>", "proxy")]
    [InlineData(400, """{"error":"invalid_request","error_description":"Cannot parse the JSON"}""", "invalid_request: Cannot parse the JSON")]
    [InlineData(409, """{"errorMessage":"User exists with same email"}""", "User exists with same email")]
    [InlineData(400, """{"field":"email","errorMessage":"error-user-attribute-required","params":["email"]}""", "email: error-user-attribute-required")]
    [InlineData(400, """{"errors":[{"field":"a","errorMessage":"x"},{"field":"b","errorMessage":"y"}]}""", "a: x; b: y")]
    [InlineData(403, """{"error":"HTTP 403 Forbidden"}""", "the role view-users of the client realm-management")]
    [InlineData(502, "<html>Bad gateway</html>", "proxy")]
    [InlineData(200, "<html>Welcome</html>", "not with the JSON")]
    [InlineData(200, """{"id":"x","user""", "not with the JSON")]
    [InlineData(200, "[]", "not with the JSON")]
    public async Task Every_shape_of_error_is_read(int status, string body, string said)
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.Add(new Fault(IsUsers, 1) { Status = status, Body = body, ContentType = body[0] == '<' ? "text/html" : "application/json" });
        var error = await Should.ThrowAsync<KeycloakException>(() => world.Client.FindAsync(DemoUsers.Buyer.Id, CancellationToken.None));
        error.Status.ShouldBe(status);
        error.Message.ShouldContain(said);
    }

    [Fact]
    public async Task A_token_that_comes_back_in_an_error_is_not_repeated()
    {
        await using var world = await IdentityWorld.StartAsync();
        var token = await world.Token.GetAsync(CancellationToken.None);
        world.Keycloak.Add(new Fault(IsUsers, 1) { Status = 500, Body = $$"""{"error":"x {{token}} y"}""" });
        var error = await Should.ThrowAsync<KeycloakException>(() => world.Client.FindAsync(DemoUsers.Buyer.Id, CancellationToken.None));
        error.Message.ShouldContain("x … y");
        error.ToString().ShouldNotContain(token[..40]);
    }

    [Fact]
    public void Settings_that_are_missing_or_wrong_are_named_with_what_to_do()
    {
        var validator = new KeycloakOptionsValidator();
        validator.Validate(new KeycloakOptions()).Errors.Select(e => e.PropertyName).ShouldBe(["Url", "Realm", "ClientId", "ClientSecret"]);
        validator.Validate(new KeycloakOptions()).Errors.ShouldAllBe(e => e.ErrorMessage.Contains($"KEYCLOAK_{Name(e.PropertyName)}"));
        validator.Validate(new KeycloakOptions { Url = "localhost:8080", Realm = "r", ClientId = "c", ClientSecret = "s" })
            .Errors.ShouldHaveSingleItem().ErrorMessage.ShouldStartWith("Keycloak:Url 'localhost:8080' is not an address.");
        validator.Validate(new KeycloakOptions { Url = "http://localhost:8080/auth/", Realm = "r", ClientId = "c", ClientSecret = "s" }).IsValid.ShouldBeTrue();
    }

    private static string Name(string property) => property.Replace("Client", "CLIENT_", StringComparison.Ordinal).ToUpperInvariant();

    private static bool IsUsers(HttpRequest request) => request.Path.Value!.Contains("/users", StringComparison.Ordinal);

    private static async Task<FoundUser> FindAsync(IdentityWorld world, string email)
    {
        await using var never = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1");
        return await new FindUserHandler(never, world.Client).Handle(new FindUser(null, null, email), CancellationToken.None);
    }
}
