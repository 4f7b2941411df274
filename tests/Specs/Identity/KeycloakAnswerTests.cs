using BillingMonolith.Identity.Keycloak;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;
using BillingMonolith.SharedKernel;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace BillingMonolith.Specs.Identity;

/// <summary>What is no word of Keycloak's about a user says nothing about the user, and an id leads nowhere but to a user.</summary>
public sealed class KeycloakAnswerTests
{
    private static readonly string Ada = DemoUsers.Buyer.Id;

    [Theory]
    [InlineData("""{"lago_id":5}""")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("5")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("""{"id":"somebody else"}""")]
    [InlineData("""{"id":5}""")]
    [InlineData("""{"id":"7c9e6679","attributes":"gold"}""")]
    [InlineData("""{"id":"7c9e6679","attributes":{"subscription_tier":"gold"}}""")]
    [InlineData("""{"id":"7c9e6679","id":"7c9e6679"}""")]
    public async Task What_is_not_the_user_who_was_asked_for_is_no_word_about_one(string body)
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.Add(new Fault(IsUsers, 1) { Status = 200, Body = body });
        var fault = await Should.ThrowAsync<KeycloakException>(() => world.Client.FindAsync("7c9e6679", CancellationToken.None));
        fault.Status.ShouldBe(200);
        fault.Message.ShouldContain("Keycloak:Url");
        (await world.Client.FindAsync("7c9e6679", CancellationToken.None)).ShouldBeNull("Keycloak's own word counts");
    }

    [Theory]
    [InlineData("""{"lago_id":5}""")]
    [InlineData("""[{"lago_id":5}]""")]
    [InlineData("""[{"email":"ada.lovelace@example.com","emailVerified":true}]""")]
    [InlineData("""[{"id":"","email":"ada.lovelace@example.com"}]""")]
    [InlineData("[null]")]
    [InlineData("[5]")]
    [InlineData("null")]
    [InlineData("")]
    public async Task What_is_no_list_of_users_is_no_word_about_an_address(string body)
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.Add(new Fault(IsUsers, 2) { Status = 200, Body = body });
        var fault = await Should.ThrowAsync<KeycloakException>(() => world.Client.FindByEmailAsync("ada.lovelace@example.com", CancellationToken.None));
        fault.Message.ShouldNotContain("ada");
        await Should.ThrowAsync<KeycloakException>(() => world.Client.SearchAsync("Ada", 5, CancellationToken.None));
        (await world.Client.FindByEmailAsync("ada.lovelace@example.com", CancellationToken.None)).ShouldHaveSingleItem().Id.ShouldBe(Ada);
    }

    [Theory]
    [InlineData("<html>not here</html>")]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("""{"error":"HTTP 404 Not Found"}""")]
    [InlineData("""{"error":5}""")]
    public async Task A_404_that_is_not_about_the_user_is_no_word_about_one(string body)
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.Add(new Fault(IsUsers, 1) { Status = 404, Body = body });
        (await Should.ThrowAsync<KeycloakException>(() => world.Client.FindAsync(Ada, CancellationToken.None))).Status.ShouldBe(404);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("count")]
    [InlineData("profile")]
    public async Task An_id_that_would_lead_elsewhere_is_not_asked_for(string id)
    {
        await using var world = await IdentityWorld.StartAsync();
        (await world.Client.FindAsync(id, CancellationToken.None)).ShouldBeNull();
        world.Keycloak.Journal.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("a/b", "a%2Fb")]
    [InlineData("../clients", "..%2Fclients")]
    [InlineData("a?exact=true", "a%3Fexact%3Dtrue")]
    [InlineData("a#b", "a%23b")]
    [InlineData("a%2Fb", "a%252Fb")]
    [InlineData("a\\..\\b", "a%5C..%5Cb")]
    [InlineData("f:1:ada.l", "f%3A1%3Aada.l")]
    public async Task An_id_stays_one_segment_of_the_path(string id, string segment)
    {
        await using var world = await IdentityWorld.StartAsync();
        var targets = new List<string>();
        world.Keycloak.Add(new Fault(r => Seen(targets, r), 1));
        (await world.Client.FindAsync(id, CancellationToken.None)).ShouldBeNull();
        targets[^1].ShouldBe($"/admin/realms/uchub/users/{segment}");
    }

    [Fact]
    public async Task What_is_written_is_the_same_after_a_fault_and_after_a_token_that_died()
    {
        await using var world = await IdentityWorld.StartAsync(asInTheHost: true);
        var user = (await world.Client.FindAsync(Ada, CancellationToken.None))!;
        world.Keycloak.Add(new Fault(r => r.Method == "PUT", 1) { Status = 401, Body = """{"error":"HTTP 401 Unauthorized"}""" });
        world.Keycloak.Add(new Fault(r => r.Method == "PUT", 1) { Status = 503 });
        await world.Client.UpdateAsync(user, CancellationToken.None);
        var puts = world.Keycloak.Journal.Where(e => e.Method == "PUT").ToList();
        puts.ConvertAll(p => p.Status).ShouldBe([401, 503, 204]);
        puts.ConvertAll(p => p.Body).Distinct().ShouldHaveSingleItem();
        world.Keycloak.TokensIssued.ShouldBe(2);
    }

    [Fact]
    public async Task A_wish_to_be_left_alone_arrives_as_it_is()
    {
        await using var world = await IdentityWorld.StartAsync(asInTheHost: true);
        world.Keycloak.Add(new Fault(IsUsers, 1) { Status = 429, Headers = { ["Retry-After"] = "17" } });
        var wish = await Should.ThrowAsync<RetryAfterException>(() => world.Client.FindAsync(Ada, CancellationToken.None));
        wish.Delay.ShouldBe(TimeSpan.FromSeconds(17));
    }

    [Fact]
    public async Task A_token_that_is_refused_arrives_as_it_is_and_is_not_asked_for_again_and_again()
    {
        await using var world = await IdentityWorld.StartAsync(asInTheHost: true, clientSecret: "another");
        var refused = await Should.ThrowAsync<KeycloakException>(() => world.Client.FindAsync(Ada, CancellationToken.None));
        refused.Message.ShouldContain("Keycloak:ClientSecret");
        world.Keycloak.Journal.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Who_gives_up_waiting_hears_of_that_and_of_nothing_else()
    {
        await using var world = await IdentityWorld.StartAsync(asInTheHost: true);
        world.Keycloak.Add(new Fault(IsUsers, 1) { Delay = TimeSpan.FromSeconds(30) });
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Should.ThrowAsync<OperationCanceledException>(() => world.Client.FindAsync(Ada, patience.Token));
    }

    // As it was on the wire; a parsed path has lost the difference between %2F and %252F.
    private static bool Seen(List<string> targets, HttpRequest request)
    {
        targets.Add(request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        return false;
    }

    private static bool IsUsers(HttpRequest request) => request.Path.Value!.Contains("/users", StringComparison.Ordinal);
}
