using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Specs.HostRoom.Api;

/// <summary>Stands in for a scheme: the header X-Caller says who calls, "id" or "id:role,role". Its challenge sets a header, as the bearer scheme's does.</summary>
internal sealed class TestCaller(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory log, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, log, encoder)
{
    public const string Header = "X-Caller";
    public const string Challenge = "Bearer error=\"invalid_token\"";

    public static void AddTo(IServiceCollection services) =>
        services.AddAuthentication("Test").AddScheme<AuthenticationSchemeOptions, TestCaller>("Test", null);

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers[Header].ToString() is not { Length: > 0 } caller) return Task.FromResult(AuthenticateResult.NoResult());
        var (id, roles) = caller.Split(':') is [var only, var list] ? (only, list.Split(',')) : (caller, []);
        var identity = new ClaimsIdentity(
            [new("sub", id), new("preferred_username", $"name-of-{id}"), .. roles.Select(r => new Claim("roles", r))], "Test", "preferred_username", "roles");
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), "Test")));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.WWWAuthenticate = Challenge;
        return Task.CompletedTask;
    }
}
