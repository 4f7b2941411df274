using System.Security.Cryptography;
using System.Text;
using BillingMonolith.Host.Neighbours;
using Stripe;

namespace BillingMonolith.Host.Commands;

/// <summary>The expected state of an offer at Stripe: a product, and a price per currency under a lookup key.</summary>
/// <param name="ProductIds">Candidate ids of its product, after the products of its prices; the last is the id of a product to create.</param>
/// <param name="Key">The member of the product's metadata that identifies it, and its value.</param>
internal sealed record Offer(
    IReadOnlyList<string> ProductIds, (string Name, string Value) Key, string Name, string Description,
    IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<OfferedPrice> Prices);

/// <summary>
/// An expected price of an offer; <paramref name="KnownId"/> is the recorded id at Stripe, <paramref name="Interval"/> is <c>month</c> or
/// <c>year</c>, or null for a single payment.
/// </summary>
internal sealed record OfferedPrice(string LookupKey, string Currency, long AmountMinor, string? KnownId, string? Interval = null);

/// <summary>The result for an offer's price. <paramref name="Retired"/> is the price that it replaced.</summary>
internal sealed record MadePrice(OfferedPrice Offered, string? Id, string What, string? Retired);

/// <summary>
/// Brings Stripe's products and prices to the expected state; a second run finds everything done, and two at once make the same. A price is
/// found by its lookup key, a product by its prices or its id, and never by a name.
/// </summary>
internal sealed class StripeOffers(ProductService products, PriceService prices)
{
    public const string Created = "created";
    public const string Updated = "updated";
    public const string Unchanged = "unchanged";

    private const int KeysPerRequest = 10;
    private const string Replaces = "replaces";

    /// <summary>
    /// Reads and, unless it is a dry run, creates the missing ones. Replaced prices can still be paid: see <see cref="RetireAsync"/>.
    /// </summary>
    public async Task<(string ProductId, IReadOnlyList<MadePrice> Prices)> MakeAsync(Offer offer, bool rehearse, CancellationToken cancellationToken)
    {
        var found = await FindAsync(offer, cancellationToken);
        var (productId, what) = await MakeProductAsync(offer, found, rehearse, cancellationToken);
        var made = new List<MadePrice>();
        foreach (var offered in offer.Prices)
        {
            var there = found.GetValueOrDefault(offered.LookupKey);
            if (there is not null && Fits(there, offered, productId))
                made.Add(new MadePrice(offered, there.Id, what == Unchanged ? Unchanged : Updated, there.Note(Replaces)));
            else
                made.Add(new MadePrice(offered, rehearse ? null : await CreateAsync(offered, productId, there, cancellationToken),
                    there is null ? Created : Updated, there?.Id));
        }

        return (productId, made);
    }

    /// <summary>
    /// Takes a replaced price off sale. Its subscribers keep paying it, so its metadata now says for what, since its lookup key was passed on. Returns whether
    /// it was still for sale. A product's default price cannot be archived: its successor becomes the default first; on another product it stays.
    /// </summary>
    public async Task<bool> RetireAsync(Offer offer, MadePrice successor, string productId, CancellationToken cancellationToken)
    {
        var priceId = successor.Retired!;
        var price = await prices.GetAsync(priceId, cancellationToken: cancellationToken);
        if (price is { Active: true, ProductId: { } of } && (await products.GetAsync(of, cancellationToken: cancellationToken)).DefaultPriceId == priceId)
        {
            if (of != productId) return false;
            await products.UpdateAsync(of, new ProductUpdateOptions { DefaultPrice = successor.Id }, cancellationToken: cancellationToken);
        }

        var retire = new PriceUpdateOptions { Active = false, Metadata = new Dictionary<string, string> { [offer.Key.Name] = offer.Key.Value } };
        if (price.Active) await prices.UpdateAsync(priceId, retire, cancellationToken: cancellationToken);
        return price.Active;
    }

    private async Task<Dictionary<string, Price>> FindAsync(Offer offer, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, Price>();
        foreach (var keys in offer.Prices.Select(p => p.LookupKey).Chunk(KeysPerRequest))
        {
            var list = new PriceListOptions { LookupKeys = [.. keys], Active = true, Limit = 100 };
            var page = await prices.ListAsync(list, cancellationToken: cancellationToken);
            foreach (var price in page.Where(p => p.LookupKey is not null)) found.TryAdd(price.LookupKey!, price);
        }

        return found;
    }

    private async Task<(string Id, string What)> MakeProductAsync(
        Offer offer, Dictionary<string, Price> found, bool rehearse, CancellationToken cancellationToken)
    {
        var candidates = offer.Prices.Select(p => found.GetValueOrDefault(p.LookupKey)?.ProductId).OfType<string>().Concat(offer.ProductIds).Distinct();
        foreach (var id in candidates)
        {
            if (await ReadAsync(id, cancellationToken) is not { Deleted: null or false } product) continue;
            if (product.Note(offer.Key.Name) is { } owner && owner != offer.Key.Value) continue;
            if (IsAs(product, offer)) return (id, Unchanged);
            if (!rehearse)
                await products.UpdateAsync(id, new ProductUpdateOptions
                {
                    Name = offer.Name, Description = offer.Description, Active = true, Metadata = new(offer.Metadata),
                }, cancellationToken: cancellationToken);
            return (id, Updated);
        }

        if (!rehearse) await CreateProductAsync(offer, cancellationToken);
        return (offer.ProductIds[^1], Created);
    }

    private async Task CreateProductAsync(Offer offer, CancellationToken cancellationToken)
    {
        try
        {
            await products.CreateAsync(new ProductCreateOptions
            {
                Id = offer.ProductIds[^1], Name = offer.Name, Description = offer.Description.Length == 0 ? null : offer.Description,
                Metadata = new(offer.Metadata),
            }, cancellationToken: cancellationToken);
        }
        catch (StripeException e) when (e.StripeError?.Code == "resource_already_exists")
        {
            // A concurrent run was faster, and made the same.
            if (await ReadAsync(offer.ProductIds[^1], cancellationToken) is not { } there || !IsAs(there, offer)) throw;
        }
    }

    private async Task<Product?> ReadAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await products.GetAsync(id, cancellationToken: cancellationToken);
        }
        catch (StripeException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    // The key contains the whole request and the replaced price: two at once get one price, and a return to an old amount gets a new one.
    private async Task<string> CreateAsync(OfferedPrice offered, string productId, Price? there, CancellationToken cancellationToken)
    {
        var key = string.Join(' ', offered.LookupKey, offered.Currency, offered.AmountMinor, productId, there?.Id, offered.KnownId, offered.Interval);
        var price = await prices.CreateAsync(new PriceCreateOptions
        {
            Product = productId, Currency = offered.Currency, UnitAmount = offered.AmountMinor, LookupKey = offered.LookupKey, TransferLookupKey = true,
            Recurring = offered.Interval is { } interval ? new PriceRecurringOptions { Interval = interval } : null,
            Metadata = there is null ? null : new Dictionary<string, string> { [Replaces] = there.Id },
        }, new RequestOptions { IdempotencyKey = $"setup-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}" }, cancellationToken);
        return price.Id;
    }

    private static bool Fits(Price price, OfferedPrice offered, string productId) => price.UnitAmount == offered.AmountMinor
        && price.Currency == offered.Currency && price.ProductId == productId
        && price.Recurring?.Interval == offered.Interval && price.Recurring is null or { IntervalCount: 0 or 1 };

    private static bool IsAs(Product product, Offer offer) => product.Active && product.Name == offer.Name
        && (product.Description ?? "") == offer.Description && offer.Metadata.All(m => product.Note(m.Key) == m.Value);
}
