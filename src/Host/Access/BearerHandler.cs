using System.Text.Encodings.Web;
using BillingMonolith.Host.Callers;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace BillingMonolith.Host.Access;

/// <summary>
/// The scheme <c>Bearer</c> (RFC 6750): an access token of the realm in the Authorization header. Its name lets JwtBearer replace it.
/// </summary>
internal sealed class BearerHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, TokenValidator tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Bearer";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var headers = Request.Headers.Authorization;
        if (headers.Count > 1) return AuthenticateResult.Fail("The request has more than one Authorization header.");
        var header = headers.ToString();
        var end = header.IndexOf(' ', StringComparison.Ordinal) is var space and >= 0 ? space : header.Length;
        if (!header.AsSpan(0, end).Equals(SchemeName, StringComparison.OrdinalIgnoreCase)) return AuthenticateResult.NoResult();

        var result = await tokens.ValidateAsync(header[end..].TrimStart(' '), TokenUse.Access, Context.RequestAborted);
        return result.Claims is { } claims
            ? AuthenticateResult.Success(new AuthenticationTicket(Caller.Principal(claims, SchemeName), SchemeName))
            : AuthenticateResult.Fail(result.Problem!);
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // Not the "safe" one, because a Keycloak that is out of reach must not become a 401.
        var failure = (await HandleAuthenticateOnceAsync()).Failure;
        Response.Headers.Append(HeaderNames.WWWAuthenticate,
            failure is null ? SchemeName : $"{SchemeName} error=\"invalid_token\", error_description=\"{failure.Message}\"");
        Response.StatusCode = StatusCodes.Status401Unauthorized;
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        Response.Headers.Append(HeaderNames.WWWAuthenticate, $"{SchemeName} error=\"insufficient_scope\"");
        Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }
}

internal static class BearerRegistration
{
    /// <summary>Adds the scheme, and the <see cref="TokenValidator"/> that a browser login needs too.</summary>
    public static AuthenticationBuilder AddBearer(this AuthenticationBuilder builder)
    {
        builder.Services.AddSingleton<SigningKeys>().AddSingleton<TokenValidator>();
        return builder.AddScheme<AuthenticationSchemeOptions, BearerHandler>(BearerHandler.SchemeName, configureOptions: null);
    }
}
