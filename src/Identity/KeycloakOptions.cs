using FluentValidation;

namespace BillingMonolith.Identity;

/// <summary>The address of Keycloak, and our client in it.</summary>
public sealed class KeycloakOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Keycloak";

    /// <summary>The server's address, with its path prefix if it has one: <c>https://login.example.com</c>.</summary>
    public string Url { get; set; } = "";

    /// <summary>
    /// The address for browsers, where it differs from <see cref="Url"/> (container networks). It is the issuer of every token;
    /// Keycloak calls it its hostname (KC_HOSTNAME).
    /// </summary>
    public string? PublicUrl { get; set; }

    /// <summary>The realm whose users buy.</summary>
    public string Realm { get; set; } = "";

    /// <summary>A confidential client of that realm with a service account that has the roles view-users and manage-users of realm-management.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>That client's secret.</summary>
    public string ClientSecret { get; set; } = "";

    /// <summary>The realm in its tokens: <c>iss</c>, and where browsers are sent to.</summary>
    public string Issuer => $"{(string.IsNullOrEmpty(PublicUrl) ? Url : PublicUrl).TrimEnd('/')}/realms/{Uri.EscapeDataString(Realm)}";

    /// <summary>The address of the realm for this service.</summary>
    public string RealmUrl => $"{Url.TrimEnd('/')}/realms/{Uri.EscapeDataString(Realm)}";
}

/// <summary>Reports missing or wrong settings, with the remedy.</summary>
public sealed class KeycloakOptionsValidator : AbstractValidator<KeycloakOptions>
{
    /// <summary>Creates the rules.</summary>
    public KeycloakOptionsValidator()
    {
        RuleFor(o => o.Url).Cascade(CascadeMode.Stop)
            .NotEmpty().WithMessage(
                "Keycloak:Url is missing. Set Keycloak__Url (or KEYCLOAK_URL) to the address of your Keycloak server, such as https://login.example.com.")
            .Must(BeHttp).WithMessage(
                "Keycloak:Url '{PropertyValue}' is not an address. Set Keycloak__Url (or KEYCLOAK_URL) to one that begins with https:// or http://.");
        RuleFor(o => o.PublicUrl!).Must(BeHttp).When(o => !string.IsNullOrEmpty(o.PublicUrl)).WithMessage(
            "Keycloak:PublicUrl '{PropertyValue}' is not an address. Set Keycloak__PublicUrl to the one at which browsers reach Keycloak, or leave it out.");
        RuleFor(o => o.Realm).NotEmpty().WithMessage(
            "Keycloak:Realm is missing. Set Keycloak__Realm (or KEYCLOAK_REALM) to the name of the realm that holds your users.");
        RuleFor(o => o.ClientId).NotEmpty().WithMessage(
            "Keycloak:ClientId is missing. Set Keycloak__ClientId (or KEYCLOAK_CLIENT_ID) to a confidential client of that realm "
            + "whose service account has the roles view-users and manage-users of realm-management.");
        RuleFor(o => o.ClientSecret).NotEmpty().WithMessage(
            "Keycloak:ClientSecret is missing. Set Keycloak__ClientSecret (or KEYCLOAK_CLIENT_SECRET) to that client's secret (see its Credentials tab).");
    }

    private static bool BeHttp(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address is { Query: "", Fragment: "", UserInfo: "" };
}
