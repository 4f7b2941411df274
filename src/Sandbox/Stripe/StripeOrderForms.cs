using System.Globalization;

namespace BillingMonolith.Sandbox;

/// <summary>What a shop of orders asks Stripe for: a session for work that is done for the buyer, or for a cart that is sent somewhere.</summary>
internal static class StripeOrderForms
{
    /// <summary>Plans of done-for-you work, with their prices in cents.</summary>
    public static readonly (string Plan, string Name, string Says, long PriceMinor)[] Plans =
    [
        ("starter", "Done for you: Starter", "One workflow, built in a week", 9_900),
        ("professional", "Done for you: Professional", "Three workflows and a revision", 24_900),
    ];

    /// <summary>What the cart of the sandbox's shop holds.</summary>
    public static readonly (string Name, long PriceMinor, int Quantity)[] Goods = [("Notebook, dotted", 1_200, 2), ("Fountain pen", 3_900, 1)];

    /// <param name="user">Null = a guest.</param>
    /// <param name="plan">One of <see cref="Plans"/>.</param>
    /// <param name="term">Such as <c>monthly</c>; null = once.</param>
    /// <param name="success">Where the buyer goes after paying.</param>
    /// <param name="cancel">Where the buyer goes without.</param>
    public static string Dfy(ShopUser? user, string plan, string? term, string success, string cancel)
    {
        var sold = Plans.FirstOrDefault(p => p.Plan == plan) is { Name: not null } known ? known : throw StripeFault.Bad($"There is no plan {plan}.");
        Dictionary<string, string> metadata = new() { ["mode"] = "dfy", ["plan"] = plan };
        if (term is not null) metadata["term"] = term;
        return Form(user, [(sold.Name, sold.PriceMinor, 1)], metadata, success, cancel, "");
    }

    public static string Cart(
        ShopUser? user, string cartId, IReadOnlyList<(string Name, long PriceMinor, int Quantity)> goods, string success, string cancel) =>
        Form(user, goods, new() { ["cart_id"] = cartId }, success, cancel,
            "&shipping_address_collection[allowed_countries][]=US&shipping_address_collection[allowed_countries][]=GB"
            + "&shipping_address_collection[allowed_countries][]=DE");

    private static string Form(
        ShopUser? user, IEnumerable<(string Name, long PriceMinor, int Quantity)> goods, Dictionary<string, string> metadata, string success, string cancel,
        string more)
    {
        List<string> form =
            ["mode=payment", "allow_promotion_codes=true", $"success_url={Uri.EscapeDataString(success)}", $"cancel_url={Uri.EscapeDataString(cancel)}"];
        foreach (var (i, (name, price, quantity)) in goods.Index())
        {
            var line = string.Create(CultureInfo.InvariantCulture, $"line_items[{i}]");
            form.AddRange($"{line}[price_data][currency]=usd", $"{line}[price_data][product_data][name]={Uri.EscapeDataString(name)}",
                string.Create(CultureInfo.InvariantCulture, $"{line}[price_data][unit_amount]={price}"),
                string.Create(CultureInfo.InvariantCulture, $"{line}[quantity]={quantity}"));
        }

        if (user is not null) form.AddRange($"client_reference_id={Uri.EscapeDataString(user.Id)}", $"customer_email={Uri.EscapeDataString(user.Email)}");
        foreach (var (key, value) in metadata)
            form.AddRange($"metadata[{key}]={Uri.EscapeDataString(value)}", $"payment_intent_data[metadata][{key}]={Uri.EscapeDataString(value)}");
        return string.Join('&', form) + more;
    }
}
