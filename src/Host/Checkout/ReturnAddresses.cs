using BillingMonolith.Host.Access;
using FluentValidation;
using FluentValidation.Results;
using Microsoft.Extensions.Options;

namespace BillingMonolith.Host.Checkout;

/// <summary>
/// Where a buyer is sent to after the checkout: to pages of ours and of the configured origins, and nowhere else. An open redirect behind Stripe's
/// page would be believed.
/// </summary>
internal sealed class ReturnAddresses(IOptionsSnapshot<ShopOptions> shop, IOptions<AccessOptions> access)
{
    /// <summary>Stripe puts the session's id in its place.</summary>
    public const string SessionIdPlace = "{CHECKOUT_SESSION_ID}";
    private const int Longest = 2000;
    private static readonly string[] Schemes = ["https://", "http://"];

    /// <summary>The address after paying.</summary>
    public string Success(string? asked) => Resolve(asked, "success_url", $"credits/return?session_id={SessionIdPlace}");

    /// <summary>The address without paying.</summary>
    public string Cancel(string? asked) => Resolve(asked, "cancel_url", "credits");

    /// <summary>The address after paying for a plan.</summary>
    public string PlanSuccess(string? asked) => Resolve(asked, "success_url", $"subscription/return?session_id={SessionIdPlace}");

    /// <summary>The address without paying for a plan.</summary>
    public string PlanCancel(string? asked) => Resolve(asked, "cancel_url", "subscription");

    /// <summary>The page about the plan; null without a public origin.</summary>
    public string? Plan => access.Value.Origin is { } home ? home.GetLeftPart(UriPartial.Authority) + "/subscription" : null;

    /// <exception cref="ValidationException">It leads elsewhere, or nowhere.</exception>
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
    /// The address's origin; null for what is no plain address. What browsers, Stripe and .NET could read differently (a backslash, a user name, an
    /// escaped or templated host, a space) is none.
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
