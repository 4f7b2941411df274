using BillingMonolith.SharedKernel;
using FluentValidation;

namespace BillingMonolith.Host.Access;

/// <summary>Access rules: the address of this service, the audience of tokens, and the names of the roles in the realm.</summary>
internal sealed class AccessOptions
{
    public const string Section = "Access";

    /// <summary>The address for browsers, <c>https://billing.example.com</c>. Without it there is no browser login; bearer tokens work.</summary>
    public string? PublicOrigin { get; set; }

    /// <summary>The value that a bearer token's <c>aud</c> must contain; null = the client id (Keycloak: an audience mapper adds it).</summary>
    public string? Audience { get; set; }

    /// <summary>The realm role that a person needs to use the service; empty = everyone of the realm.</summary>
    public string UserRole { get; set; } = "";
    public string OperatorRole { get; set; } = "billing-operator";
    public string AdminRole { get; set; } = "billing-admin";

    /// <summary>The scope that lets a service (client credentials) grant credits.</summary>
    public string GrantScope { get; set; } = "billing:grants";

    /// <summary>The scope that lets a service spend and reserve credits of any user.</summary>
    public string ConsumeScope { get; set; } = "billing:consume";

    /// <summary>The scope that lets a service read any user's features.</summary>
    public string FeaturesScope { get; set; } = "billing:features";

    /// <summary>Addresses or networks (CIDR) of the reverse proxies whose X-Forwarded-For and -Proto count. Those of other senders are ignored.</summary>
    public IList<string> KnownProxies { get; set; } = [];

    /// <summary>Further host names under which requests are answered, beside the public origin's and loopback.</summary>
    public IList<string> AllowedHosts { get; set; } = [];

    /// <summary>A session is checked with Keycloak when the last check is older; a session that Keycloak ended is dead within twice this time.</summary>
    public int SessionCheckSeconds { get; set; } = 12;

    /// <summary>The minimum interval between fetches of the realm's keys because of unknown key ids.</summary>
    public int KeyFetchSeconds { get; set; } = 5;

    public Uri? Origin => Uri.TryCreate(PublicOrigin, UriKind.Absolute, out var origin) ? origin : null;
}

internal sealed class AccessOptionsValidator : AbstractValidator<AccessOptions>
{
    public AccessOptionsValidator()
    {
        RuleFor(o => o.PublicOrigin).Must((o, _) => IsOrigin(o.Origin)).When(o => !string.IsNullOrEmpty(o.PublicOrigin))
            .WithMessage("Access:PublicOrigin '{PropertyValue}' is not an origin. Set Access__PublicOrigin to https://host[:port] with nothing after it "
                + "(http only on localhost).");
        RuleFor(o => o.OperatorRole).NotEmpty().WithMessage("Access:OperatorRole is empty. Set Access__OperatorRole to a realm role, or leave it out.");
        RuleFor(o => o.AdminRole).NotEmpty().WithMessage("Access:AdminRole is empty. Set Access__AdminRole to a realm role, or leave it out.");
        RuleFor(o => o.GrantScope).NotEmpty().WithMessage("Access:GrantScope is empty. Set Access__GrantScope to a client scope, or leave it out.");
        RuleFor(o => o.ConsumeScope).NotEmpty().WithMessage("Access:ConsumeScope is empty. Set Access__ConsumeScope to a client scope, or leave it out.");
        RuleFor(o => o.FeaturesScope).NotEmpty().WithMessage("Access:FeaturesScope is empty. Set Access__FeaturesScope to a client scope, or leave it out.");
        RuleForEach(o => o.KnownProxies).Must(p => AddressRange.TryParse(p, out _))
            .WithMessage("Access:KnownProxies '{PropertyValue}' is neither an address nor a network such as 10.0.0.0/8.");
        RuleFor(o => o.SessionCheckSeconds).InclusiveBetween(1, 15).WithMessage("Access:SessionCheckSeconds must be 1 to 15.");
        RuleFor(o => o.KeyFetchSeconds).InclusiveBetween(1, 60).WithMessage("Access:KeyFetchSeconds must be 1 to 60.");
    }

    // Browsers accept __Host- cookies from secure origins only, and from loopback.
    internal static bool IsOrigin(Uri? origin) =>
        origin is { AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" }
        && (origin.Scheme == Uri.UriSchemeHttps || (origin.Scheme == Uri.UriSchemeHttp && origin.IsLoopback));
}
