using System.Net;
using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using FluentValidation.Results;
using MediatR;
using Npgsql;

namespace BillingMonolith.Credits;

/// <summary>
/// Turns automatic top-up on, changes it, or restarts it after it stopped; a top-up that is then due begins. The caller checks that the card
/// belongs to the user. Refused: an unknown or inactive package (404).
/// </summary>
/// <param name="Cause">The request.</param>
/// <param name="UserId">The Keycloak user id.</param>
/// <param name="PackageCode">The pack to buy, at its price in its default currency.</param>
/// <param name="Threshold">1 to 1,000,000 credits.</param>
/// <param name="MonthlyCapMinor">Not less than the pack's price.</param>
/// <param name="StripeCustomerId">The user's Stripe customer, <c>cus_…</c>.</param>
/// <param name="PaymentMethodId">A payment method that this customer keeps, <c>pm_…</c>.</param>
public sealed record SetAutoTopUp(
    string Cause, string UserId, string PackageCode, long Threshold, long MonthlyCapMinor, string StripeCustomerId, string PaymentMethodId)
    : IRequest<AutoTopUp>;

internal sealed class SetAutoTopUpValidator : AbstractValidator<SetAutoTopUp>
{
    public SetAutoTopUpValidator()
    {
        RuleFor(s => s.PackageCode).Length(1, 50).WithMessage("A package_code of GET /packages.");
        RuleFor(s => s.Threshold).InclusiveBetween(1, 1_000_000).WithMessage("1 to 1000000 credits.");
        RuleFor(s => s.MonthlyCapMinor).InclusiveBetween(1, 99_999_999).WithMessage("1 to 99999999, in the minor unit of the pack's currency.");
    }
}

internal sealed class SetAutoTopUpHandler(UnitOfWork work, TopUps topUps) : IRequestHandler<SetAutoTopUp, AutoTopUp>
{
    public async Task<AutoTopUp> Handle(SetAutoTopUp command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var pack = await connection.QuerySingleOrDefaultAsync<Pack>(new CommandDefinition("""
            SELECT p.currency, r.price_minor AS PriceMinor FROM credit_packages p JOIN credit_package_prices r USING (package_code, currency)
            WHERE p.package_code = @PackageCode AND p.is_active
            """, command, cancellationToken: cancellationToken))
            ?? throw new RefusalException(HttpStatusCode.NotFound, "package-not-found", $"Package '{command.PackageCode}' not found or inactive");
        if (command.MonthlyCapMinor < pack.PriceMinor)
            throw new ValidationException([new ValidationFailure(nameof(command.MonthlyCapMinor), $"At least {pack.PriceMinor}: what one pack costs.")]);

        var before = await ReadAsync(connection, command.UserId, " FOR UPDATE", cancellationToken);
        await WriteAsync(connection, command, pack, cancellationToken);
        work.Record(new AuditEntry(before is null ? "credit.auto_topup.enable" : "credit.auto_topup.update", "auto_topup", command.UserId, command.Cause)
        {
            UserId = command.UserId, Metadata = new { before = before is null ? null : Facts(before), after = Facts(command, pack) },
        });

        var after = (await ReadAsync(connection, command.UserId, "", cancellationToken))!;
        var facts = await TopUps.FactsAsync(connection, after, cancellationToken);
        await topUps.ConsiderAsync(command.UserId, facts.Balance, command.Cause, cancellationToken);
        return AutoTopUp.Of(after, await TopUps.FactsAsync(connection, after, cancellationToken));
    }

    private static Task<TopUpSettings?> ReadAsync(NpgsqlConnection connection, string userId, string more, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<TopUpSettings>(new CommandDefinition(
            $"{TopUpSettings.Select} WHERE user_id = @userId{more}", new { userId }, cancellationToken: cancellationToken));

    private static Task WriteAsync(NpgsqlConnection connection, SetAutoTopUp command, Pack pack, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition("""
            INSERT INTO credit_auto_top_ups (user_id, package_code, currency, threshold, monthly_cap_minor, stripe_customer_id, payment_method_id)
            VALUES (@UserId, @PackageCode, @Currency, @Threshold, @MonthlyCapMinor, @StripeCustomerId, @PaymentMethodId)
            ON CONFLICT (user_id) DO UPDATE SET package_code = excluded.package_code, currency = excluded.currency, threshold = excluded.threshold,
              monthly_cap_minor = excluded.monthly_cap_minor, stripe_customer_id = excluded.stripe_customer_id,
              payment_method_id = excluded.payment_method_id, state = 'active', stopped_reason = NULL, capped_in = NULL, updated_at = now()
            """,
            new
            {
                command.UserId, command.PackageCode, pack.Currency, command.Threshold, command.MonthlyCapMinor, command.StripeCustomerId,
                command.PaymentMethodId,
            },
            cancellationToken: cancellationToken));

    private static object Facts(TopUpSettings s) => Facts(s.PackageCode, s.Threshold, s.MonthlyCapMinor, s.Currency, s.PaymentMethodId, s.State);

    private static object Facts(SetAutoTopUp c, Pack pack) =>
        Facts(c.PackageCode, c.Threshold, c.MonthlyCapMinor, pack.Currency, c.PaymentMethodId, AutoTopUp.Active);

    private static object Facts(string package, long threshold, long cap, string currency, string method, string state) =>
        new { package, threshold, monthly_cap_minor = cap, currency, payment_method = method, state };

    private sealed record Pack(string Currency, long PriceMinor);
}
