using System.Globalization;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Products and prices.</summary>
internal sealed class StripeCatalogue(StripeStore store)
{
    /// <summary>The tiers and packs that the product sells in USD; lookup keys <c>{tier}_monthly</c>, <c>{tier}_yearly</c>, <c>credits_{code}</c>.</summary>
    public void Seed()
    {
        Tier("trial", "Trial", 100, null);
        Tier("starter", "Starter", 1900, 19000);
        Tier("professional", "Professional", 4900, 49000);
        Tier("founders-friend", "Founders Friend", 4900, 49000);
        Tier("enterprise", "Enterprise", 9900, 99000);
        Pack("starter", "Starter Pack", 1_000, 1000);
        Pack("standard", "Standard Pack", 5_000, 4500);
        Pack("pro", "Pro Pack", 10_000, 8000);
        Pack("enterprise", "Enterprise Pack", 50_000, 35000);
    }

    public JsonObject ByLookupKey(string key) =>
        store.All("price").FirstOrDefault(p => p.Text("lookup_key") == key) ?? throw StripeFault.Missing("price", key, "lookup_key");

    public JsonObject ProductOf(JsonObject price) => store.Find("product", price.Text("product"));

    public JsonObject CreateProduct(StripeForm form)
    {
        form.Only("name active description id metadata images statement_descriptor tax_code unit_label url shippable expand");
        var id = form.Text("id") ?? store.NewId("prod_", 14);
        if (store.TryFind(id) is not null) throw StripeFault.Bad($"Product already exists: {id}", "id", "resource_already_exists");
        var product = StripeShapes.Product().With(
            ("id", id), ("created", store.Now), ("updated", store.Now), ("name", form.Need("name")), ("metadata", form.Metadata("metadata")));
        return store.Add(Describe(product, form));
    }

    public JsonObject UpdateProduct(string id, StripeForm form)
    {
        form.Only("name active description metadata default_price images statement_descriptor tax_code unit_label url shippable expand");
        var product = Describe(store.Find("product", id), form);
        form.Merge("metadata", product["metadata"]!.AsObject());
        if (form.Text("name") is { Length: > 0 } name) product["name"] = name;
        if (form.Text("default_price") is { Length: > 0 } price)
        {
            if (store.Find("price", price, "default_price").Text("product") != id)
                throw StripeFault.Bad($"The price `{price}` does not belong to this product.", "default_price");
            product["default_price"] = price;
        }

        return product.With(("updated", store.Now));
    }

    public JsonObject CreatePrice(StripeForm form)
    {
        form.Only("currency active billing_scheme lookup_key metadata nickname product product_data recurring tax_behavior transfer_lookup_key " +
            "unit_amount unit_amount_decimal expand");
        var key = LookupKey(form, of: null);
        return AddPrice(form).With(("lookup_key", key), ("nickname", form.Text("nickname")), ("active", form.Flag("active") ?? true));
    }

    public JsonObject UpdatePrice(string id, StripeForm form)
    {
        form.Only("active lookup_key metadata nickname tax_behavior transfer_lookup_key expand");
        var price = store.Find("price", id);
        if (form.Flag("active") is false && ProductOf(price).Text("default_price") == id)
            throw StripeFault.Bad("This price cannot be archived because it is the default price of its product.", "active");
        form.Merge("metadata", price["metadata"]!.AsObject());
        if (form.Flag("active") is { } active) price["active"] = active;
        if (form.Text("nickname") is { } nickname) price["nickname"] = nickname;
        if (form.Text("lookup_key") is not null) price["lookup_key"] = LookupKey(form, price);
        return price;
    }

    /// <summary>The key that a price asks for, null for none. It is one price's, and taken from another only when the request says so.</summary>
    private string? LookupKey(StripeForm form, JsonObject? of)
    {
        if (form.Text("lookup_key") is not { Length: > 0 } key) return null;
        if (store.All("price").FirstOrDefault(p => p != of && p.Text("lookup_key") == key) is not { } holder) return key;
        if (form.Flag("transfer_lookup_key") is not true)
            throw StripeFault.Bad($"A price (`{holder.Text("id")}`) already uses that lookup key.", "lookup_key");
        holder["lookup_key"] = null;
        return key;
    }

    /// <summary>A price from <c>POST /v1/prices</c> or from <c>price_data</c>.</summary>
    public JsonObject AddPrice(StripeForm form)
    {
        var amount = form.Whole("unit_amount") ?? throw StripeFault.MissingParameter(form.PathOf("unit_amount"));
        if (amount < 0) throw StripeFault.Bad("Invalid non-negative integer", form.PathOf("unit_amount"), "parameter_invalid_integer");
        var price = StripeShapes.Price().With(
            ("id", store.NewId("price_1")), ("created", store.Now), ("currency", form.Need("currency").ToLowerInvariant()),
            ("metadata", form.Metadata("metadata")), ("product", ProductFor(form)), ("unit_amount", amount),
            ("unit_amount_decimal", amount.ToString(CultureInfo.InvariantCulture)), ("tax_behavior", form.Text("tax_behavior") ?? "unspecified"));
        if (form.Group("recurring") is not { } recurring) return store.Add(price);

        recurring.Only("interval interval_count usage_type meter trial_period_days");
        if (recurring.Need("interval") is not ("day" or "week" or "month" or "year"))
            throw StripeFault.Bad("Invalid interval: must be one of day, month, week, or year", recurring.PathOf("interval"));
        return store.Add(price.With(("type", "recurring"), ("recurring", new JsonObject
        {
            ["interval"] = recurring.Text("interval"),
            ["interval_count"] = recurring.Whole("interval_count") ?? 1L,
            ["meter"] = null,
            ["trial_period_days"] = recurring.Whole("trial_period_days"),
            ["usage_type"] = "licensed",
        })));
    }

    public JsonObject ListPrices(StripeForm form)
    {
        form.Only(StripeLists.Paging + " active currency lookup_keys product recurring type");
        var (active, keys) = (form.Flag("active"), form.Texts("lookup_keys"));
        return StripeLists.Page("/v1/prices", store.All("price", form, "product").Where(p =>
            (active is null || p.Flag("active") == active) && (keys.Count == 0 || keys.Contains(p.Text("lookup_key") ?? "")) &&
            Same(form, p, "currency") && Same(form, p, "type")), form);
    }

    public JsonObject ListProducts(StripeForm form)
    {
        form.Only(StripeLists.Paging + " active ids shippable url");
        var (active, ids) = (form.Flag("active"), form.Texts("ids"));
        return StripeLists.Page("/v1/products", store.All("product").Where(p =>
            (active is null || p.Flag("active") == active) && (ids.Count == 0 || ids.Contains(p.Name("id")))), form);
    }

    private string ProductFor(StripeForm form)
    {
        if (form.Group("product_data") is not { } data) return store.Find("product", form.Need("product"), form.PathOf("product")).Name("id");
        data.Only("name active description metadata images tax_code unit_label statement_descriptor id");
        return store.Add(Describe(StripeShapes.Product().With(("id", store.NewId("prod_", 14)), ("created", store.Now), ("updated", store.Now),
            ("name", data.Need("name")), ("metadata", data.Metadata("metadata"))), data)).Name("id");
    }

    private static JsonObject Describe(JsonObject product, StripeForm form)
    {
        if (form.Flag("active") is { } active) product["active"] = active;
        if (form.Text("description") is { } description) product["description"] = description.Length > 0 ? description : null;
        return product;
    }

    private static bool Same(StripeForm form, JsonObject price, string name) => form.Text(name) is not { Length: > 0 } wanted || price.Text(name) == wanted;

    private void Tier(string id, string name, long monthlyMinor, long? yearlyMinor)
    {
        var text = Uri.EscapeDataString(name);
        CreateProduct(StripeForm.Parse($"id=prod_{id}&name={text}&metadata[tier_id]={id}&metadata[tier_name]={text}"));
        Price($"prod_{id}", $"{id}_monthly", monthlyMinor, "&recurring[interval]=month");
        if (yearlyMinor is { } yearly) Price($"prod_{id}", $"{id}_yearly", yearly, "&recurring[interval]=year");
    }

    private void Pack(string code, string name, long credits, long priceMinor)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{credits:N0} credits");
        CreateProduct(StripeForm.Parse($"id=prod_credits_{code}&name={Uri.EscapeDataString(name)}&description={Uri.EscapeDataString(text)}" +
            string.Create(CultureInfo.InvariantCulture, $"&metadata[package_code]={code}&metadata[credits]={credits}")));
        Price($"prod_credits_{code}", $"credits_{code}", priceMinor, "");
    }

    private void Price(string product, string key, long amountMinor, string more)
    {
        var price = CreatePrice(StripeForm.Parse(string.Create(CultureInfo.InvariantCulture,
            $"product={product}&currency=usd&lookup_key={key}&unit_amount={amountMinor}{more}")));
        if (ProductOf(price) is var made && made["default_price"] is null) made["default_price"] = price.Text("id");
    }
}
