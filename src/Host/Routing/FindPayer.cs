using System.Net;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using Dapper;
using MediatR;
using Npgsql;
using Stripe;

namespace BillingMonolith.Host.Routing;

/// <summary>
/// The payer to link for an unlinked payment, by the id of the customer, of the guest's session or of an event. Refused (404) when nothing with
/// that id waits or ever came.
/// </summary>
internal sealed record FindPayer(string Id) : IRequest<Payer>;

/// <summary>The payer, as the payment describes them.</summary>
/// <param name="Id">The id to link: Stripe's customer, or the checkout session of a guest.</param>
/// <param name="Email">In full, because a person has to compare it.</param>
/// <param name="Name">As the payer typed it.</param>
internal sealed record Payer(string Id, string? Email, string? Name);

internal sealed class FindPayerHandler(NpgsqlDataSource database, CustomerService customers, ILogger<FindPayerHandler> log) : IRequestHandler<FindPayer, Payer>
{
    // The session's event has the most data about the payer.
    private const string Candidates = """
        SELECT e.payload FROM inbox_steps s JOIN inbox_events e ON e.id = s.event_id WHERE s.waits_for = @Id
        UNION ALL SELECT payload FROM inbox_events WHERE id = @Id
        LIMIT 20
        """;

    public async Task<Payer> Handle(FindPayer query, CancellationToken cancellationToken)
    {
        var found = (await PayloadsAsync(query, cancellationToken)).Select(ReadOrNull).OfType<EventFacts>().ToList();
        var told = found.Find(h => h.Session is not null) ?? found.FirstOrDefault();
        if (told?.PayerId is not { } payer)
        {
            throw new RefusalException(HttpStatusCode.NotFound, "payment-not-found",
                $"No payment that belongs to nobody has the id '{query.Id}'. Take the event's, the customer's or the session's from the list.");
        }

        var (email, name) = (told.Email, told.Session?.CustomerDetails?.Name);
        if ((email is null || name is null) && !payer.StartsWith(LinkCustomer.SessionPrefix, StringComparison.Ordinal)
            && await AskStripeAsync(payer, cancellationToken) is { } customer)
            (email, name) = (email ?? customer.Email, name ?? customer.Name);
        return new Payer(payer, email, name);
    }

    private async Task<IEnumerable<byte[]>> PayloadsAsync(FindPayer query, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QueryAsync<byte[]>(new CommandDefinition(Candidates, query, cancellationToken: cancellationToken));
    }

    private static EventFacts? ReadOrNull(byte[] payload)
    {
        try
        {
            return new EventFacts(StripeEventReader.Read(payload));
        }
        catch (StripeEventException)
        {
            return null;
        }
    }

    private async Task<Customer?> AskStripeAsync(string customerId, CancellationToken cancellationToken)
    {
        try
        {
            return await customers.GetAsync(customerId, cancellationToken: cancellationToken);
        }
        catch (StripeException e)
        {
            log.LogWarning("Customer {CustomerId} could not be read at Stripe: {Reason}", customerId, e.Message);
            return null;
        }
    }
}
