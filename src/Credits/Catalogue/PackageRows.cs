using System.Net;
using BillingMonolith.SharedKernel;
using Dapper;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>Writes packages and their prices in a command's transaction, each with an audit entry of the state before and after.</summary>
internal sealed class PackageRows(UnitOfWork work)
{
    /// <summary>The package, locked until the command ends.</summary>
    /// <exception cref="RefusalException">There is none.</exception>
    public async Task<CreditPackage> LockAsync(string packageCode, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "SELECT FROM credit_packages WHERE package_code = @packageCode FOR UPDATE", new { packageCode }, cancellationToken: cancellationToken));
        return await PackageReader.FindAsync(await work.ContextAsync<CreditsContext>(cancellationToken), packageCode, cancellationToken)
            ?? throw new RefusalException(HttpStatusCode.NotFound, "package-not-found", $"There is no package '{packageCode}'.");
    }

    /// <summary>Inserts a package.</summary>
    /// <exception cref="RefusalException">Its code is taken, or it has no price in its currency.</exception>
    public async Task InsertAsync(NewPackage package, CancellationToken cancellationToken)
    {
        RequireDefault(package);
        var db = await work.ContextAsync<CreditsContext>(cancellationToken);
        db.Add(CreditPackage.Of(package.PackageCode, package));
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new RefusalException(HttpStatusCode.Conflict, "package-exists",
                $"There is a package '{package.PackageCode}' already. Change it, or take another code.");
        }
    }

    /// <summary>Replaces the terms; a price whose amount stays keeps its Stripe price.</summary>
    /// <exception cref="RefusalException">It has no price in its currency.</exception>
    public async Task ReplaceAsync(CreditPackage before, PackageTerms terms, CancellationToken cancellationToken)
    {
        RequireDefault(terms);
        var after = CreditPackage.Of(before.PackageCode, terms) with { Id = before.Id, Revision = before.Revision, StripeProductId = before.StripeProductId };
        var db = await work.ContextAsync<CreditsContext>(cancellationToken);
        db.Entry(after).State = EntityState.Modified; // also when only a price changes: the revision grows
        await db.SaveChangesAsync(cancellationToken);
        await PriceAsync(before.PackageCode, terms, cancellationToken);
    }

    /// <summary>The package as the command leaves it, with its audit entry; none when nothing changed.</summary>
    public async Task<CreditPackage> DoneAsync(
        string action, string cause, string packageCode, CreditPackage? before, CancellationToken cancellationToken)
    {
        var after = (await PackageReader.FindAsync(await work.ContextAsync<CreditsContext>(cancellationToken), packageCode, cancellationToken))!;
        var (was, now) = (before is null ? (object?)null : PackageReader.Facts(before), PackageReader.Facts(after));
        if (was?.ToString() == now.ToString()) return after;
        work.Record(new AuditEntry($"admin.credit_package.{action}", "credit_package", packageCode, cause) { Metadata = new { before = was, after = now } });
        return after;
    }

    private async Task PriceAsync(string packageCode, PackageTerms terms, CancellationToken cancellationToken)
    {
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

    private static void RequireDefault(PackageTerms terms)
    {
        if (terms.Prices.All(p => p.Currency != terms.Currency))
            throw new RefusalException(HttpStatusCode.UnprocessableEntity, "no-default-price",
                $"The default currency is {terms.Currency}, and none of the prices is in {terms.Currency}. Add one, or name the currency of another.");
    }
}
