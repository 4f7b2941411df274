using System.Net;
using BillingMonolith.Identity.Keycloak;
using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Identity;

/// <summary>
/// An operator links an unlinked payment: from now on this Stripe customer, or this session of a guest, belongs to that user.
/// Refused: Keycloak has no such user (404), or an operator linked it to another already (409). A repeat of the same link changes nothing.
/// </summary>
/// <param name="Cause">The request behind it.</param>
/// <param name="CustomerId">Stripe's customer id, <c>cus_…</c>; for a guest's payment, which has no customer, the checkout session, <c>cs_…</c>.</param>
/// <param name="UserId">The Keycloak user id (<c>sub</c>).</param>
/// <param name="LinkedBy">The operator's Keycloak user id.</param>
public sealed record LinkCustomer(string Cause, string CustomerId, string UserId, string LinkedBy) : IRequest
{
    /// <summary>How the id of a checkout session begins.</summary>
    public const string SessionPrefix = "cs_";
}

/// <summary>A customer (or a guest's session) is linked to a user: the steps that waited for it continue. Published inside the transaction.</summary>
/// <param name="Cause">The request behind it.</param>
/// <param name="CustomerId">As in <see cref="LinkCustomer"/>.</param>
/// <param name="UserId">The Keycloak user id.</param>
public sealed record CustomerLinked(string Cause, string CustomerId, string UserId) : INotification;

internal sealed class LinkCustomerValidator : AbstractValidator<LinkCustomer>
{
    public LinkCustomerValidator()
    {
        RuleFor(l => l.Cause).NotEmpty();
        RuleFor(l => l.CustomerId).NotEmpty();
        RuleFor(l => l.UserId).NotEmpty();
        RuleFor(l => l.LinkedBy).NotEmpty();
    }
}

internal sealed class LinkCustomerHandler(UnitOfWork unitOfWork, KeycloakUsers keycloak, IMediator mediator) : IRequestHandler<LinkCustomer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private const string Customer = """
        INSERT INTO identity_customers AS link (stripe_customer_id, user_id, linked_by, by_operator) VALUES (@CustomerId, @UserId, @LinkedBy, true)
        ON CONFLICT (stripe_customer_id) DO UPDATE SET user_id = excluded.user_id, linked_by = excluded.linked_by, by_operator = true
        WHERE NOT link.by_operator
        """;

    private const string Guest =
        "INSERT INTO identity_guests (session_id, user_id, linked_by) VALUES (@CustomerId, @UserId, @LinkedBy) ON CONFLICT DO NOTHING";

    private const string Owner = """
        SELECT user_id FROM identity_customers WHERE stripe_customer_id = @CustomerId
        UNION ALL SELECT user_id FROM identity_guests WHERE session_id = @CustomerId
        """;

    public async Task<Unit> Handle(LinkCustomer request, CancellationToken cancellationToken)
    {
        if (await keycloak.FindAsync(request.UserId, cancellationToken) is null)
            throw new RefusalException(HttpStatusCode.NotFound, "user-not-found",
                $"Keycloak has no user with id {request.UserId}. Check the id, then link again.");

        var connection = await unitOfWork.OpenAsync(cancellationToken);
        // The lock under which this customer's events are carried out, first of all: what is being parked right now is parked before it is looked for.
        await SubjectLock.HoldAsync(connection, [request.CustomerId], Patience, cancellationToken);
        var isGuest = request.CustomerId.StartsWith(LinkCustomer.SessionPrefix, StringComparison.Ordinal);
        if (await connection.ExecuteAsync(new CommandDefinition(isGuest ? Guest : Customer, request, cancellationToken: cancellationToken)) == 1)
        {
            unitOfWork.Record(new AuditEntry("customer.linked", isGuest ? "session" : "customer", request.CustomerId, request.Cause)
            {
                UserId = request.UserId,
                Metadata = new { linked_by = request.LinkedBy },
            });
        }
        else if (await connection.ExecuteScalarAsync<string>(new CommandDefinition(Owner, request, cancellationToken: cancellationToken)) is var owner
                 && owner != request.UserId)
        {
            throw new RefusalException(HttpStatusCode.Conflict, "customer-linked", $"{request.CustomerId} is linked to user {owner} already.");
        }

        await mediator.Publish(new CustomerLinked(request.Cause, request.CustomerId, request.UserId), cancellationToken);
        return Unit.Value;
    }
}
