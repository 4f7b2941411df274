using BillingMonolith.Identity.Keycloak;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;
using Microsoft.AspNetCore.Http;

namespace BillingMonolith.Specs.Identity;

public sealed class AccessTokenTests
{
    private static readonly string Ada = DemoUsers.Buyer.Id;

    [Fact]
    public async Task A_hundred_callers_at_once_cost_one_token()
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.Add(new Fault(IsToken, 1) { Delay = TimeSpan.FromMilliseconds(200) });
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => world.Client.FindAsync(Ada, CancellationToken.None))));
        world.Keycloak.TokensIssued.ShouldBe(1);
    }

    [Fact]
    public async Task It_is_renewed_after_four_fifths_of_its_life_and_not_before()
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.ExpiresInSeconds = 100;
        var first = await world.Token.GetAsync(CancellationToken.None);
        world.Clock.Advance(TimeSpan.FromSeconds(79));
        (await world.Token.GetAsync(CancellationToken.None)).ShouldBe(first);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        (await world.Token.GetAsync(CancellationToken.None)).ShouldNotBe(first);
        world.Keycloak.TokensIssued.ShouldBe(2);
    }

    [Fact]
    public async Task A_failed_fetch_fails_those_who_waited_and_no_one_after()
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.Add(new Fault(IsToken, 1) { Status = 500, Body = "{}" });
        (await Should.ThrowAsync<KeycloakException>(() => world.Token.GetAsync(CancellationToken.None))).Status.ShouldBe(500);
        (await world.Token.GetAsync(CancellationToken.None)).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_caller_who_gives_up_does_not_take_the_token_from_the_others()
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.Add(new Fault(IsToken, 1) { Delay = TimeSpan.FromMilliseconds(200) });
        using var impatient = new CancellationTokenSource();
        var lost = world.Token.GetAsync(impatient.Token);
        var kept = world.Token.GetAsync(CancellationToken.None);
        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => lost);
        (await kept).ShouldNotBeEmpty();
        world.Keycloak.TokensIssued.ShouldBe(1);
    }

    [Fact]
    public async Task A_revoked_token_costs_one_new_token_however_many_find_out()
    {
        await using var world = await IdentityWorld.StartAsync();
        await world.Client.FindAsync(Ada, CancellationToken.None);
        world.Keycloak.RevokeTokens();
        var users = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => world.Client.FindAsync(Ada, CancellationToken.None)));
        users.ShouldAllBe(user => user != null);
        world.Keycloak.TokensIssued.ShouldBe(2);
    }

    [Fact]
    public async Task A_401_for_ever_is_repeated_once_and_then_stands()
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.Add(new Fault(r => !IsToken(r), int.MaxValue) { Status = 401, Body = """{"error":"HTTP 401 Unauthorized"}""" });
        var error = await Should.ThrowAsync<KeycloakException>(() => world.Client.FindAsync(Ada, CancellationToken.None));
        error.Status.ShouldBe(401);
        error.Message.ShouldContain("'billing'");
        world.Keycloak.Journal.Count(r => r.Method == "GET").ShouldBe(2);
        world.Keycloak.TokensIssued.ShouldBe(2);
    }

    [Fact]
    public async Task A_wrong_secret_says_which_settings_to_check_and_not_the_secret()
    {
        await using var world = await IdentityWorld.StartAsync(clientSecret: "another");
        var error = await Should.ThrowAsync<KeycloakException>(() => world.Token.GetAsync(CancellationToken.None));
        error.Status.ShouldBe(401);
        error.ToString().ShouldContain("Keycloak:ClientSecret");
        error.ToString().ShouldNotContain("canary");
    }

    [Theory]
    [InlineData("<html>login</html>")]
    [InlineData("""{"access_token":""")]
    [InlineData("""{"token_type":"Bearer"}""")]
    public async Task An_answer_without_a_token_is_an_error(string body)
    {
        await using var world = await IdentityWorld.StartAsync();
        world.Keycloak.Add(new Fault(IsToken, 1) { Status = 200, Body = body });
        (await Should.ThrowAsync<KeycloakException>(() => world.Token.GetAsync(CancellationToken.None))).Message.ShouldContain("Keycloak:Url");
    }

    private static bool IsToken(HttpRequest request) => request.Path.Value!.EndsWith("/token", StringComparison.Ordinal);
}
