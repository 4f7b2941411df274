using System.Security.Claims;
using BillingMonolith.Host.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace BillingMonolith.Specs.Access;

/// <summary>A route that does not say whom it is for does not come to life.</summary>
public sealed class PolicySpecs
{
    [Fact]
    public async Task A_host_with_a_route_without_a_policy_does_not_start_and_names_the_route()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        app.MapGet("/open", () => "").AllowAnonymous();
        app.MapGet("/guarded", () => "").RequireAuthorization(Policies.User);
        Policies.RequireOnEveryRoute(app);

        app.MapPost("/forgotten", () => "");
        app.MapGet("/any-signed-in", () => "").RequireAuthorization();
        var fault = Should.Throw<InvalidOperationException>(() => Policies.RequireOnEveryRoute(app));
        fault.Message.ShouldContain("/forgotten");
        fault.Message.ShouldContain("/any-signed-in", Case.Sensitive, "RequireAuthorization without a policy says nothing either");
        fault.Message.ShouldNotContain("/open");
        fault.Message.ShouldNotContain("/guarded");
    }

    [Theory]
    [InlineData("customer", null, "signed-in user consume")]
    [InlineData("stranger", null, "signed-in")]
    [InlineData("customer keeper", null, "signed-in user operator consume")]
    [InlineData("customer owner", null, "signed-in user operator admin grants consume features")]
    [InlineData("owner", null, "signed-in")] // an administrator is a user of the service first
    [InlineData("customer billing-admin", null, "signed-in user consume")] // the default's name means nothing once another is set
    [InlineData("customer", "give", "signed-in user consume")] // a person's scope grants nothing
    [InlineData("customer owner", "give", "signed-in grants", "crm")]
    [InlineData("customer owner", "billing:grants", "signed-in", "crm")]
    [InlineData("customer owner", "billing:consume", "signed-in", "crm")]
    [InlineData("", "spend", "signed-in consume", "crm")]
    [InlineData("", "look", "signed-in features", "crm")]
    [InlineData("customer", "look", "signed-in user consume")]
    public async Task Roles_and_scopes_are_what_the_settings_call_them(string roles, string? scope, string allowed, string? client = null)
    {
        await using var services = new ServiceCollection().AddLogging().AddPolicies()
            .Configure<AccessOptions>(o => (o.UserRole, o.OperatorRole, o.AdminRole, o.GrantScope, o.ConsumeScope, o.FeaturesScope) = ("customer", "keeper", "owner", "give", "spend", "look"))
            .BuildServiceProvider();
        var claims = roles.Split(' ').Select(r => new Claim("role", r)).ToList();
        if (scope is not null) claims.Add(new Claim("scope", scope));
        if (client is not null) claims.Add(new Claim("client_id", client));
        var caller = new ClaimsPrincipal(new ClaimsIdentity(claims, "test", "preferred_username", "role"));

        var passed = new List<string>();
        foreach (var policy in (string[])[Policies.SignedIn, Policies.User, Policies.Operator, Policies.Admin, Policies.Grants, Policies.Consume, Policies.Features])
            if ((await services.GetRequiredService<IAuthorizationService>().AuthorizeAsync(caller, policy)).Succeeded) passed.Add(policy);
        string.Join(' ', passed).ShouldBe(allowed);
    }
}
