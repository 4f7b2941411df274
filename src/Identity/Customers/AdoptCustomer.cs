using System.Net;
using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Identity;

/// <summary>
/// Stripe created a customer for this user, who had none or whose last one was deleted. Of two concurrent ones the first counts, and both calls return
/// its id. Refused when the customer belongs to another user (409).
/// </summary>
/// <param name="Cause">The request behind it.</param>
/// <param name="UserId">The Keycloak user id.</param>
/// <param name="CustomerId">Stripe's customer id, <c>cus_…</c>.</param>
/// <param name="Instead">The deleted customer; null = there was none.</param>
public sealed record AdoptCustomer(string Cause, string UserId, string CustomerId, string? Instead) : IRequest<string>;

internal sealed class AdoptCustomerValidator : AbstractValidator<AdoptCustomer>
{
    public AdoptCustomerValidator()
    {
        RuleFor(a => a.Cause).NotEmpty();
        RuleFor(a => a.UserId).NotEmpty();
        RuleFor(a => a.CustomerId).NotEmpty();
    }
}

internal sealed class AdoptCustomerHandler(UnitOfWork work) : IRequestHandler<AdoptCustomer, string>
{
    public async Task<string> Handle(AdoptCustomer request, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "SELECT pg_advisory_xact_lock(hashtextextended('customer:' || @UserId, 0))", request, cancellationToken: cancellationToken));
        var latest = await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            FindCustomerHandler.Latest, request, cancellationToken: cancellationToken));
        if (latest is not null && latest != request.Instead) return latest;

        var added = await connection.ExecuteAsync(new CommandDefinition("""
            INSERT INTO identity_customers (stripe_customer_id, user_id, linked_by, linked_at) VALUES (@CustomerId, @UserId, @Cause, clock_timestamp())
            ON CONFLICT DO NOTHING
            """, request, cancellationToken: cancellationToken));
        if (added == 0)
            throw new RefusalException(HttpStatusCode.Conflict, "customer-linked", "The customer that Stripe made for you is linked to another user.");
        work.Record(new AuditEntry("customer.created", "customer", request.CustomerId, request.Cause)
        {
            UserId = request.UserId,
            Metadata = new { instead_of = request.Instead },
        });
        return request.CustomerId;
    }
}
