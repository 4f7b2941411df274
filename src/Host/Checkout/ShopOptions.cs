using BillingMonolith.Host.Access;
using FluentValidation;

namespace BillingMonolith.Host.Checkout;

/// <summary>The settings for selling credits.</summary>
internal sealed class ShopOptions
{
    public const string Section = "Credits";

    /// <summary>The origins to which buyers may return after the checkout, beside the public origin: those of your own pages.</summary>
    public IList<string> ReturnOrigins { get; set; } = [];
}

internal sealed class ShopOptionsValidator : AbstractValidator<ShopOptions>
{
    public ShopOptionsValidator() =>
        RuleForEach(o => o.ReturnOrigins).Must(o => AccessOptionsValidator.IsOrigin(Uri.TryCreate(o, UriKind.Absolute, out var origin) ? origin : null))
            .WithMessage("Credits:ReturnOrigins '{PropertyValue}' is not an origin. Set Credits__ReturnOrigins__0 (1, 2 …) to https://host[:port] with "
                + "nothing after it (http only on localhost).");
}
