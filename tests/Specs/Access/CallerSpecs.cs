using System.Security.Claims;
using System.Text.Json;
using BillingMonolith.Host.Callers;

namespace BillingMonolith.Specs.Access;

public sealed class CallerSpecs
{
    [Fact]
    public void A_person_is_who_the_token_says_with_realm_roles_and_scopes()
    {
        var ada = Principal("""
            {"sub":"7c9e","preferred_username":"ada","email":"ada@example.com","email_verified":true,"name":"Ada Lovelace","sid":"s","azp":"shop",
             "scope":"openid  email","realm_access":{"roles":["a","b"]},"resource_access":{"x":{"roles":["c"]}},"role":"d","acr":"1"}
            """);
        (ada.UserId, ada.Username, ada.IsService, ada.ClientId).ShouldBe(("7c9e", "ada", false, null));
        (ada.Identity!.Name, ada.Identity.IsAuthenticated, ada.Identity.AuthenticationType).ShouldBe(("ada", true, "Bearer"));
        (ada.IsInRole("a"), ada.IsInRole("b"), ada.IsInRole("c"), ada.IsInRole("d")).ShouldBe((true, true, false, false));
        ada.Claims.Select(c => $"{c.Type}={c.Value}").ShouldBe(
            ["sub=7c9e", "preferred_username=ada", "email=ada@example.com", "email_verified=true", "name=Ada Lovelace", "sid=s", "azp=shop",
             "scope=openid", "scope=email", "role=a", "role=b"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("""{"sub":"1","client_id":"shop"}""", "shop")]
    [InlineData("""{"sub":"1","client_id":"shop","sid":"s"}""", null)] // a person's session
    [InlineData("""{"sub":"1","azp":"shop"}""", null)]
    [InlineData("""{"sub":"1","client_id":1}""", null)]
    public void A_service_is_one_that_has_a_client_id_and_no_session(string claims, string? clientId)
    {
        var caller = Principal(claims);
        (caller.IsService, caller.ClientId).ShouldBe((clientId is not null, clientId));
    }

    [Fact]
    public void Claims_of_another_kind_than_expected_are_left_out() =>
        Principal("""{"sub":"1","email":["a"],"email_verified":"true","name":{},"scope":["admin"],"realm_access":{"roles":["a",1]}}""")
            .Claims.Select(c => c.Type).ShouldBe(["sub"]);

    [Fact]
    public void Nobody_has_no_user_id() => new ClaimsPrincipal(new ClaimsIdentity()).UserId.ShouldBeNull();

    private static ClaimsPrincipal Principal(string claims) => Caller.Principal(JsonElement.Parse(claims), "Bearer");
}
