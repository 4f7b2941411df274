using BillingMonolith.Host.Access;
using Microsoft.AspNetCore.Builder;

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
}
