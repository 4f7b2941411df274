using System.Net;
using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Credits;

/// <summary>
/// Records a purchase before Stripe is called: pending, with the present terms of the package. Under a known request key it finds the purchase
/// of that key. Refused: no such package for sale (404), not sold in this currency or the key belongs to another request (422), over (409).
/// </summary>
/// <param name="Cause">The request.</param>
/// <param name="UserId">The buyer: the Keycloak user id.</param>
/// <param name="PackageCode">The package.</param>
public sealed record BeginPurchase(string Cause, string UserId, string PackageCode) : IRequest<BegunPurchase>
{
    /// <summary>The buyer's Idempotency-Key; without one every request is a new purchase.</summary>
    public string? RequestKey { get; init; }
    /// <summary>ISO 4217, lower case; null = the package's default.</summary>
    public string? Currency { get; init; }
    /// <summary>Whether the card is kept for automatic top-up.</summary>
    public bool SavePaymentMethod { get; init; }
    /// <summary>The address in the token, for the administrators' list.</summary>
    public string? UserEmail { get; init; }
    /// <summary>The buyer's customer at Stripe, if one is known.</summary>
    public string? CustomerId { get; init; }
    /// <summary>The page to open after payment. The caller checks that it is an address of ours.</summary>
    public required string SuccessUrl { get; init; }
    /// <summary>The page to open when the buyer leaves without paying.</summary>
    public required string CancelUrl { get; init; }
}

/// <summary>A purchase that waits for its checkout or its payment.</summary>
/// <param name="Id">The purchase.</param>
/// <param name="UserId">The buyer.</param>
/// <param name="PackageCode">The package.</param>
/// <param name="PackageName">The name that the buyer sees.</param>
/// <param name="Credits">The credits that it gives.</param>
/// <param name="PriceMinor">The price, in the minor unit of the currency.</param>
/// <param name="Currency">ISO 4217, lower case.</param>
/// <param name="StripePriceId">Stripe's price for it, if there is one.</param>
/// <param name="SuccessUrl">The page to open after payment.</param>
/// <param name="CancelUrl">The page to open when the buyer leaves without paying.</param>
/// <param name="CustomerId">The buyer's customer at Stripe; null = there is none yet.</param>
/// <param name="SavePaymentMethod">Whether the card is kept for automatic top-up.</param>
/// <param name="SessionId">The checkout session; null = Stripe's answer is not known yet.</param>
/// <param name="CheckoutUrl">The address to pay at.</param>
public sealed record BegunPurchase(
    Guid Id, string UserId, string PackageCode, string PackageName, long Credits, long PriceMinor, string Currency, string? StripePriceId,
    string SuccessUrl, string CancelUrl, string? CustomerId, bool SavePaymentMethod, string? SessionId, string? CheckoutUrl)
{
    /// <summary>An earlier request with this key began it.</summary>
    public bool IsRepeat { get; init; }
}

internal sealed class BeginPurchaseValidator : AbstractValidator<BeginPurchase>
{
    public BeginPurchaseValidator()
    {
        RuleFor(p => p.PackageCode).Length(1, 50).WithMessage("1 to 50 characters.");
        RuleFor(p => p.Currency).Matches(@"^[a-z]{3}\z").WithMessage("An ISO 4217 code of three lower-case letters, or absent.");
    }
}

internal sealed class BeginPurchaseHandler(UnitOfWork work, TimeProvider time) : IRequestHandler<BeginPurchase, BegunPurchase>
{
    private const string Columns = """
        id, user_id AS UserId, package_code AS PackageCode, package_name AS PackageName, credits, price_minor AS PriceMinor, currency,
        stripe_price_id AS StripePriceId, success_url AS SuccessUrl, cancel_url AS CancelUrl, stripe_customer_id AS CustomerId,
        save_payment_method AS SavePaymentMethod,
        stripe_checkout_session_id AS SessionId, checkout_url AS CheckoutUrl, status,
        coalesce(checkout_expires_at, created_at + interval '23 hours') <= now() AS IsOver
        """;

    public async Task<BegunPurchase> Handle(BeginPurchase command, CancellationToken cancellationToken)
    {
        if (await InsertAsync(command, cancellationToken) is { } added)
        {
            work.Record(new AuditEntry("purchase.created", "purchase", added.Id.ToString(), command.Cause)
            {
                UserId = command.UserId,
                Metadata = new { package = added.PackageCode, credits = added.Credits, price_minor = added.PriceMinor, currency = added.Currency },
            });
            return added.Begun;
        }

        var earlier = await EarlierAsync(command, cancellationToken) ?? throw await NotForSaleAsync(command, cancellationToken);
        return Same(earlier, command).Begun with { IsRepeat = true };
    }

    // A repeat finds its own row also when the package is no longer sold, because the row has the terms of the sale.
    private static Row Same(Row earlier, BeginPurchase command)
    {
        if (earlier.PackageCode != command.PackageCode || earlier.SuccessUrl != command.SuccessUrl || earlier.CancelUrl != command.CancelUrl
            || earlier.SavePaymentMethod != command.SavePaymentMethod
            || (command.Currency is not null && command.Currency != earlier.Currency))
            throw new RefusalException(HttpStatusCode.UnprocessableEntity, "idempotency-key-reused",
                "This Idempotency-Key was used for another request. Take a new key for a new request.");
        if (earlier.Status == PurchaseStatus.Failed || (earlier.Status == PurchaseStatus.Pending && earlier.IsOver))
            throw new RefusalException(HttpStatusCode.Conflict, "purchase-expired",
                "The purchase under this Idempotency-Key was not paid and cannot be any more. Take a new key to buy.");
        if (earlier.Status != PurchaseStatus.Pending)
            throw new RefusalException(HttpStatusCode.Conflict, "purchase-completed",
                "The purchase under this Idempotency-Key is paid. Take a new key to buy once more.");
        return earlier;
    }

    private async Task<Row?> InsertAsync(BeginPurchase command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition($"""
            INSERT INTO credit_purchases (id, user_id, user_email, request_key, package_code, package_name, credits, price_minor, currency,
              stripe_price_id, expires_after_days, success_url, cancel_url, stripe_customer_id, save_payment_method,
              status)
            SELECT @Id, @UserId, @UserEmail, @RequestKey, p.package_code, p.package_name, p.credits, r.price_minor, r.currency,
              r.stripe_price_id, p.expires_after_days, @SuccessUrl, @CancelUrl, @CustomerId, @SavePaymentMethod, 'pending'
            FROM credit_packages p JOIN credit_package_prices r ON r.package_code = p.package_code AND r.currency = coalesce(@Currency, p.currency)
            WHERE p.package_code = @PackageCode AND p.is_active
            ON CONFLICT (user_id, request_key) DO NOTHING
            RETURNING {Columns}
            """,
            new
            {
                Id = Guid.CreateVersion7(time.GetUtcNow()),
                command.UserId,
                command.UserEmail,
                command.RequestKey,
                command.PackageCode,
                command.Currency,
                command.SuccessUrl,
                command.CancelUrl,
                command.CustomerId,
                command.SavePaymentMethod,
            },
            cancellationToken: cancellationToken));
    }

    private async Task<Row?> EarlierAsync(BeginPurchase command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            $"SELECT {Columns} FROM credit_purchases WHERE user_id = @UserId AND request_key = @RequestKey",
            new { command.UserId, command.RequestKey }, cancellationToken: cancellationToken));
    }

    private async Task<RefusalException> NotForSaleAsync(BeginPurchase command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var isSold = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "SELECT EXISTS (SELECT FROM credit_packages WHERE package_code = @PackageCode AND is_active)", new { command.PackageCode },
            cancellationToken: cancellationToken));
        return isSold
            ? new RefusalException(HttpStatusCode.UnprocessableEntity, "currency-not-offered",
                $"Package '{command.PackageCode}' is not sold in '{command.Currency}'. Its prices are in the list of packages.")
            : new RefusalException(HttpStatusCode.NotFound, "package-not-found", $"Package '{command.PackageCode}' not found or inactive");
    }

    private sealed record Row(
        Guid Id, string UserId, string PackageCode, string PackageName, long Credits, long PriceMinor, string Currency, string? StripePriceId,
        string SuccessUrl, string CancelUrl, string? CustomerId, bool SavePaymentMethod, string? SessionId, string? CheckoutUrl, string Status, bool IsOver)
    {
        public BegunPurchase Begun => new(Id, UserId, PackageCode, PackageName, Credits, PriceMinor, Currency, StripePriceId, SuccessUrl, CancelUrl,
            CustomerId, SavePaymentMethod, SessionId, CheckoutUrl);
    }
}
