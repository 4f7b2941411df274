using System.Net;
using System.Text.Json;
using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;
using Npgsql;

namespace BillingMonolith.Billing;

/// <summary>
/// Records a checkout for a plan before Stripe is called, or finds the open one of this family: <see cref="BegunCheckout.Fits"/> says
/// whether that one matches the request. Refused: the key belongs to another request (422), or its checkout is over (409).
/// </summary>
/// <param name="Cause">The request.</param>
/// <param name="UserId">The buyer: the Keycloak user id.</param>
/// <param name="TierId">The plan.</param>
/// <param name="Family">The plan's family.</param>
/// <param name="Cycle">The billing cycle.</param>
/// <param name="Price">The price, which Stripe has.</param>
public sealed record BeginCheckout(string Cause, string UserId, string TierId, string Family, BillingCycle Cycle, TierPrice Price)
    : IRequest<BegunCheckout>
{
    /// <summary>The buyer's Idempotency-Key, if one was sent.</summary>
    public string? RequestKey { get; init; }
    /// <summary>The buyer's customer at Stripe, if one is known.</summary>
    public string? CustomerId { get; init; }
    /// <summary>The metadata of the session and its subscription.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }
    /// <summary>The page to open after payment. The caller checks that it is an address of ours.</summary>
    public required string SuccessUrl { get; init; }
    /// <summary>The page to open when the buyer leaves without paying.</summary>
    public required string CancelUrl { get; init; }
}

/// <summary>A checkout that is not paid yet, as far as is known.</summary>
/// <param name="Id">Stripe's idempotency key for its session.</param>
/// <param name="UserId">The buyer.</param>
/// <param name="TierId">The plan.</param>
/// <param name="Cycle">The billing cycle.</param>
/// <param name="StripePriceId">Stripe's price.</param>
/// <param name="SuccessUrl">The page to open after payment.</param>
/// <param name="CancelUrl">The page to open when the buyer leaves without paying.</param>
/// <param name="Metadata">The metadata of the session and its subscription.</param>
/// <param name="CustomerId">The buyer's customer at Stripe; null = there is none yet.</param>
/// <param name="SessionId">Its session; null = Stripe's answer is not known.</param>
/// <param name="CheckoutUrl">The address to pay at.</param>
/// <param name="Age">The time since it was begun: Stripe forgets keys and sessions after 24 hours.</param>
/// <param name="Fits">Whether it matches the request.</param>
/// <param name="IsRepeat">Whether it existed before.</param>
public sealed record BegunCheckout(
    Guid Id, string UserId, string TierId, BillingCycle Cycle, string StripePriceId, string SuccessUrl, string CancelUrl,
    IReadOnlyDictionary<string, string> Metadata, string? CustomerId, string? SessionId, string? CheckoutUrl, TimeSpan Age, bool Fits, bool IsRepeat);

internal sealed class BeginCheckoutValidator : AbstractValidator<BeginCheckout>
{
    public BeginCheckoutValidator()
    {
        RuleFor(c => c.Cause).NotEmpty();
        RuleFor(c => c.UserId).NotEmpty();
        RuleFor(c => c.Price.StripePriceId).NotEmpty();
    }
}

internal sealed class BeginCheckoutHandler(UnitOfWork work, TimeProvider time) : IRequestHandler<BeginCheckout, BegunCheckout>
{
    private const string Columns = """
        id, user_id AS UserId, tier_id AS TierId, billing_cycle AS Cycle, currency, stripe_price_id AS StripePriceId, request_key AS RequestKey,
        success_url AS SuccessUrl, cancel_url AS CancelUrl, metadata::text AS Metadata, stripe_customer_id AS CustomerId, session_id AS SessionId,
        checkout_url AS CheckoutUrl, state, now() - created_at AS Age
        """;

    public async Task<BegunCheckout> Handle(BeginCheckout command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        if (command.RequestKey is not null) Check(await KeyedAsync(connection, command, cancellationToken), command);
        if (await InsertAsync(connection, command, cancellationToken) is { } added)
        {
            work.Record(new AuditEntry("checkout.created", "checkout", added.Id.ToString(), command.Cause)
            {
                UserId = command.UserId,
                Metadata = new
                {
                    tier = command.TierId, cycle = command.Cycle.Word(), price_minor = command.Price.AmountMinor, currency = command.Price.Currency,
                },
            });
            return added.Read(command, isRepeat: false);
        }

        var open = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            $"SELECT {Columns} FROM billing_checkouts WHERE user_id = @UserId AND family = @Family AND state = 'open'", command,
            cancellationToken: cancellationToken));
        return open?.Read(command, isRepeat: true) ?? throw Busy();
    }

    /// <summary>Another request of the same user closed or opened one in between.</summary>
    private static RefusalException Busy() => new(HttpStatusCode.Conflict, "in-progress",
        "Another checkout of yours is just being opened or closed. Try again.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    private static void Check(Row? earlier, BeginCheckout command)
    {
        if (earlier is null) return;
        if (!earlier.Fits(command))
            throw new RefusalException(HttpStatusCode.UnprocessableEntity, "idempotency-key-reused",
                "This Idempotency-Key was used for another request. Take a new key for a new request.");
        if (earlier.State != "open")
            throw new RefusalException(HttpStatusCode.Conflict, "checkout-closed",
                "The checkout under this Idempotency-Key is paid or cannot be paid any more. Take a new key to subscribe.");
    }

    private static Task<Row?> KeyedAsync(NpgsqlConnection connection, BeginCheckout command, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<Row?>(new CommandDefinition(
            $"SELECT {Columns} FROM billing_checkouts WHERE user_id = @UserId AND request_key = @RequestKey", command, cancellationToken: cancellationToken));

    private Task<Row?> InsertAsync(NpgsqlConnection connection, BeginCheckout command, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<Row?>(new CommandDefinition($"""
            INSERT INTO billing_checkouts (id, user_id, family, tier_id, billing_cycle, currency, stripe_price_id, request_key, success_url, cancel_url,
              metadata, stripe_customer_id)
            VALUES (@Id, @UserId, @Family, @TierId, @Cycle, @Currency, @StripePriceId, @RequestKey, @SuccessUrl, @CancelUrl,
              @Metadata::jsonb, @CustomerId)
            ON CONFLICT DO NOTHING
            RETURNING {Columns}
            """,
            new
            {
                Id = Guid.CreateVersion7(time.GetUtcNow()),
                command.UserId,
                command.Family,
                command.TierId,
                Cycle = command.Cycle.Word(),
                command.Price.Currency,
                command.Price.StripePriceId,
                command.RequestKey,
                command.SuccessUrl,
                command.CancelUrl,
                Metadata = JsonSerializer.Serialize(command.Metadata),
                command.CustomerId,
            },
            cancellationToken: cancellationToken));

    private sealed record Row(
        Guid Id, string UserId, string TierId, string Cycle, string Currency, string StripePriceId, string? RequestKey, string SuccessUrl, string CancelUrl,
        string Metadata, string? CustomerId, string? SessionId, string? CheckoutUrl, string State, TimeSpan Age)
    {
        public bool Fits(BeginCheckout asked) => (TierId, Cycle, Currency, SuccessUrl, CancelUrl)
            == (asked.TierId, asked.Cycle.Word(), asked.Price.Currency, asked.SuccessUrl, asked.CancelUrl);

        public BegunCheckout Read(BeginCheckout asked, bool isRepeat) => new(
            Id, UserId, TierId, BillingCycles.Of(Cycle)!.Value, StripePriceId, SuccessUrl, CancelUrl,
            JsonSerializer.Deserialize<Dictionary<string, string>>(Metadata)!, CustomerId, SessionId, CheckoutUrl, Age,
            Fits(asked) && StripePriceId == asked.Price.StripePriceId, isRepeat);
    }
}
