using FluentValidation;

namespace BillingMonolith.Billing.Lago;

/// <summary>The connection to Lago; configuration section <c>Lago</c>.</summary>
public sealed class LagoOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Lago";

    /// <summary>Address of the Lago API, with or without a trailing <c>/api/v1</c>; self-hosted usually <c>http://lago-api:3000</c>.</summary>
    public string Url { get; set; } = "";

    /// <summary>The organization's API key, sent as a bearer token. A secret.</summary>
    public string ApiKey { get; set; } = "";

    /// <summary>The base address of the resources, without a trailing slash.</summary>
    internal string ApiUrl
    {
        get
        {
            var url = Url.Trim().TrimEnd('/');
            return url.EndsWith("/api/v1", StringComparison.OrdinalIgnoreCase) ? url : $"{url}/api/v1";
        }
    }
}

/// <summary>The rules for the settings at start, in words for the person who sets them.</summary>
public sealed class LagoOptionsValidator : AbstractValidator<LagoOptions>
{
    private const string HowToSetUrl = "Set Lago__Url (or LAGO_API_URL) to the address of the Lago API, for example http://lago-api:3000.";
    private const string HowToSetKey = "Set Lago__ApiKey (or LAGO_API_KEY) to the API key that Lago shows under Developers, API keys.";

    /// <summary>The rules.</summary>
    public LagoOptionsValidator()
    {
        RuleFor(o => o.Url).Cascade(CascadeMode.Stop)
            .Must(url => !string.IsNullOrWhiteSpace(url)).WithMessage($"Lago:Url is missing. {HowToSetUrl}")
            .Must(IsHttp).WithMessage($"Lago:Url is not an absolute http or https address. {HowToSetUrl}");
        RuleFor(o => o.ApiKey).Cascade(CascadeMode.Stop)
            .Must(key => !string.IsNullOrWhiteSpace(key)).WithMessage($"Lago:ApiKey is missing. {HowToSetKey}")
            .Must(key => key.Trim().All(c => c is > ' ' and < '\x7f')).WithMessage($"Lago:ApiKey has a character that no key has. {HowToSetKey}");
    }

    private static bool IsHttp(string url) =>
        Uri.TryCreate(url.Trim(), UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        && uri.Host.Length > 0 && uri is { Query: "", Fragment: "", UserInfo: "" };
}
