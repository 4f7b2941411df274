using System.Net;
using BillingMonolith.Audit;
using BillingMonolith.Identity.Keycloak;
using Dapper;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Identity;

/// <summary>
/// An operator says whose an unlinked payment is: from now on this Stripe customer is that user.
/// Refused: Keycloak has no such user (404), or an operator linked the customer to another already (409).
/// </summary>
/// <param name="Cause">The request behind it.</param>
/// <param name="CustomerId">Stripe's customer id, <c>cus_…</c>.</param>
/// <param name="UserId">The Keycloak user id (<c>sub</c>).</param>
/// <param name="LinkedBy">Who links: the operator's Keycloak user id.</param>
public sealed record LinkCustomer(string Cause, string CustomerId, string UserId, string LinkedBy) : IRequest;

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

internal sealed class LinkCustomerHandler(UnitOfWork unitOfWork, KeycloakClient keycloak) : IRequestHandler<LinkCustomer>
{
    public async Task<Unit> Handle(LinkCustomer request, CancellationToken cancellationToken)
    {
        if (await keycloak.FindAsync(request.UserId, cancellationToken) is null)
            throw new RefusalException(HttpStatusCode.NotFound, "user-not-found",
                $"Keycloak has no user with id {request.UserId}. Check the id, then link again.");

        var connection = await unitOfWork.OpenAsync(cancellationToken);
        var linked = await connection.ExecuteAsync(new CommandDefinition("""
            INSERT INTO identity_customers AS link (stripe_customer_id, user_id, linked_by, by_operator) VALUES (@CustomerId, @UserId, @LinkedBy, true)
            ON CONFLICT (stripe_customer_id) DO UPDATE SET user_id = excluded.user_id, linked_by = excluded.linked_by, by_operator = true
            WHERE NOT link.by_operator
            """, request, cancellationToken: cancellationToken));
        if (linked == 1)
        {
            unitOfWork.Record(new AuditEntry("customer.linked", "customer", request.CustomerId, request.Cause)
            {
                UserId = request.UserId,
                Metadata = new { linked_by = request.LinkedBy },
            });
            return Unit.Value;
        }

        var owner = await connection.ExecuteScalarAsync<string>(new CommandDefinition(
            "SELECT user_id FROM identity_customers WHERE stripe_customer_id = @CustomerId", request, cancellationToken: cancellationToken));
        return owner == request.UserId ? Unit.Value : throw new RefusalException(HttpStatusCode.Conflict, "customer-linked",
            $"Stripe customer {request.CustomerId} is linked to user {owner} already.");
    }
}
