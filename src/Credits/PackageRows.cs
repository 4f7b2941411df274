using System.Net;
using BillingMonolith.Audit;
using Dapper;

namespace BillingMonolith.Credits;

/// <summary>Writes packages and their prices in a command's transaction, each with its audit entry: as it was and as it is.</summary>
internal sealed class PackageRows(UnitOfWork work)
{
    /// <summary>The package, kept from others until the command ends.</summary>
    /// <exception cref="RefusalException">There is none.</exception>
    public async Task<CreditPackage> LockAsync(string packageCode, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "SELECT FROM credit_packages WHERE package_code = @packageCode FOR UPDATE", new { packageCode }, cancellationToken: cancellationToken));
        return await PackageReader.FindAsync(connection, packageCode, cancellationToken)
            ?? throw new RefusalException(HttpStatusCode.NotFound, "package-not-found", $"There is no package '{packageCode}'.");
    }

    /// <summary>Inserts a package; false when its code is taken.</summary>
    public async Task<bool> InsertAsync(NewPackage package, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var inserted = await connection.ExecuteAsync(new CommandDefinition("""
            INSERT INTO credit_packages (package_code, package_name, description, credits, currency, discount_percentage, is_active, is_featured,
                                         badge_text, display_order, expires_after_days)
            VALUES (@PackageCode, @PackageName, @Description, @Credits, @Currency, @DiscountPercentage, @IsActive, @IsFeatured,
                    @BadgeText, @DisplayOrder, @ExpiresAfterDays)
            ON CONFLICT (package_code) DO NOTHING
            """, package, cancellationToken: cancellationToken));
        if (inserted == 1) await PriceAsync(package.PackageCode, package, cancellationToken);
        return inserted == 1;
    }

    /// <summary>Puts the terms in the place of those that were; a price whose amount stays keeps its Stripe price.</summary>
    public async Task ReplaceAsync(string packageCode, PackageTerms terms, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var row = new DynamicParameters(terms);
        row.Add("PackageCode", packageCode);
        await connection.ExecuteAsync(new CommandDefinition("""
            UPDATE credit_packages SET
              package_name = @PackageName, description = @Description, credits = @Credits, currency = @Currency, discount_percentage = @DiscountPercentage,
              is_active = @IsActive, is_featured = @IsFeatured, badge_text = @BadgeText, display_order = @DisplayOrder, expires_after_days = @ExpiresAfterDays
            WHERE package_code = @PackageCode
            """, row, cancellationToken: cancellationToken));
        await PriceAsync(packageCode, terms, cancellationToken);
    }

    /// <summary>The package as the command leaves it, with its audit entry; none when nothing is different.</summary>
    public async Task<CreditPackage> DoneAsync(
        string action, string cause, string packageCode, CreditPackage? before, CancellationToken cancellationToken)
    {
        var after = (await PackageReader.FindAsync(await work.OpenAsync(cancellationToken), packageCode, cancellationToken))!;
        var (was, now) = (before is null ? (object?)null : PackageReader.Facts(before), PackageReader.Facts(after));
        if (was?.ToString() == now.ToString()) return after;
        work.Record(new AuditEntry($"admin.credit_package.{action}", "credit_package", packageCode, cause) { Metadata = new { before = was, after = now } });
        return after;
    }

    private async Task PriceAsync(string packageCode, PackageTerms terms, CancellationToken cancellationToken)
    {
        if (terms.Prices.All(p => p.Currency != terms.Currency))
            throw new RefusalException(HttpStatusCode.UnprocessableEntity, "no-default-price",
                $"The default currency is {terms.Currency}, and none of the prices is in {terms.Currency}. Add one, or name the currency of another.");
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            DELETE FROM credit_package_prices WHERE package_code = @packageCode AND currency <> ALL (@currencies);
            INSERT INTO credit_package_prices AS p (package_code, currency, price_minor)
            SELECT @packageCode, * FROM unnest(@currencies, @amounts)
            ON CONFLICT (package_code, currency) DO UPDATE SET price_minor = excluded.price_minor WHERE p.price_minor <> excluded.price_minor
            """,
            new
            {
                packageCode,
                currencies = terms.Prices.Select(p => p.Currency).ToArray(),
                amounts = terms.Prices.Select(p => p.AmountMinor).ToArray(),
            },
            cancellationToken: cancellationToken));
    }
}
