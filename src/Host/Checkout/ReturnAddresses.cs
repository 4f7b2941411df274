using BillingMonolith.Host.Access;
using FluentValidation;
using FluentValidation.Results;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Checkout;

/// <summary>
/// The addresses to which a buyer may return after the checkout: pages of ours and of the configured origins, and no others. Users would trust an open
/// redirect behind Stripe's page.
/// </summary>
internal sealed class ReturnAddresses(IOptionsSnapshot<ShopOptions> shop, IOptions<AccessOptions> access)
{
    /// <summary>Stripe replaces it with the session's id.</summary>
    public const string SessionIdPlace = "{CHECKOUT_SESSION_ID}";
    private const int Longest = 2000;
    private static readonly string[] Schemes = ["https://", "http://"];

    /// <summary>The address after payment.</summary>
    public string Success(string? asked) => Resolve(asked, "success_url", $"credits/return?session_id={SessionIdPlace}");

    /// <summary>The address when the buyer leaves without paying.</summary>
    public string Cancel(string? asked) => Resolve(asked, "cancel_url", "credits");

    /// <summary>The address after payment for a plan.</summary>
    public string PlanSuccess(string? asked) => Resolve(asked, "success_url", $"subscription/return?session_id={SessionIdPlace}");

    /// <summary>The address when the buyer leaves without paying for a plan.</summary>
    public string PlanCancel(string? asked) => Resolve(asked, "cancel_url", "subscription");

    /// <summary>The page about the plan; null without a public origin.</summary>
    public string? Plan => access.Value.Origin is { } home ? home.GetLeftPart(UriPartial.Authority) + "/subscription" : null;

    /// <exception cref="ValidationException">It leads to another origin, or is no address.</exception>
    private string Resolve(string? asked, string member, string path)
    {
        var home = access.Value.Origin;
        if (asked is null && home is not null) return home.GetLeftPart(UriPartial.Authority) + "/" + path;
        var allowed = shop.Value.ReturnOrigins.Select(o => new Uri(o)).Append(home).OfType<Uri>().Select(o => o.GetLeftPart(UriPartial.Authority));
        return asked is not null && OriginOf(asked) is { } origin && allowed.Contains(origin, StringComparer.Ordinal)
            ? asked
            : throw new ValidationException([new ValidationFailure(member, asked is null
                ? "Required: this service has no public origin of its own."
                : $"An absolute address of at most {Longest} characters, on the public origin or one of Credits:ReturnOrigins.")]);
    }

    /// <summary>
    /// The address's origin; null for any but a plain address. An address that browsers, Stripe and .NET could read differently (a backslash, a user name, an
    /// escaped or templated host, a space) is refused.
    /// </summary>
    internal static string? OriginOf(string address)
    {
        if (address.Length > Longest || address.AsSpan().ContainsAnyExceptInRange('!', '~') || address.Contains('\\', StringComparison.Ordinal)) return null;
        if (Array.Find(Schemes, s => address.StartsWith(s, StringComparison.OrdinalIgnoreCase)) is not { } scheme) return null;
        var rest = address.AsSpan(scheme.Length);
        var end = rest.IndexOfAny('/', '?', '#');
        var host = end < 0 ? rest : rest[..end];
        if (host.IsEmpty || host.IndexOfAny("@{}%") >= 0) return null;
        var plain = address.Replace(SessionIdPlace, "x", StringComparison.Ordinal);
        return plain.AsSpan().IndexOfAny('{', '}') < 0 && Uri.TryCreate(plain, UriKind.Absolute, out var uri) ? uri.GetLeftPart(UriPartial.Authority) : null;
    }
}
