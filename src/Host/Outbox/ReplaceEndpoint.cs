using BillingMonolith.Audit;
using Dapper;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Host.Outbox;

/// <summary>
/// Puts what is sent in the place of what an endpoint was; its secret stays. Enabled again, it starts with a clean record. 404: there is none.
/// </summary>
/// <param name="Cause">The request.</param>
/// <param name="Id">Which endpoint.</param>
/// <param name="Terms">What it is to be.</param>
internal sealed record ReplaceEndpoint(string Cause, Guid Id, EndpointTerms Terms) : IRequest<WebhookEndpoint>;

internal sealed class ReplaceEndpointValidator : AbstractValidator<ReplaceEndpoint>
{
    public ReplaceEndpointValidator(IValidator<EndpointTerms> terms) =>
        RuleFor(c => c.Terms).Custom((given, context) => terms.Validate(given).Errors.ForEach(context.AddFailure));
}

internal sealed class ReplaceEndpointHandler(UnitOfWork work) : IRequestHandler<ReplaceEndpoint, WebhookEndpoint>
{
    public async Task<WebhookEndpoint> Handle(ReplaceEndpoint command, CancellationToken cancellationToken)
    {
        var connection = await work.OpenAsync(cancellationToken);
        var before = await WebhookEndpoint.LockAsync(connection, command.Id, cancellationToken);
        var after = await connection.QuerySingleAsync<WebhookEndpoint>(new CommandDefinition($"""
            UPDATE webhook_endpoints SET url = @Url, description = @Description, event_types = @EventTypes,
              failing_since = CASE WHEN enabled OR NOT @Enabled THEN failing_since END, disabled_reason = CASE WHEN NOT @Enabled THEN disabled_reason END,
              enabled = @Enabled, updated_at = now()
            WHERE id = @Id RETURNING {WebhookEndpoint.Columns}
            """,
            new { command.Id, command.Terms.Url, command.Terms.Description, command.Terms.EventTypes, command.Terms.Enabled },
            cancellationToken: cancellationToken));
        work.Record(new AuditEntry("webhook_endpoint.updated", "webhook_endpoint", command.Id.ToString(), command.Cause)
        {
            Metadata = new
            {
                before = new { url = before.Url, event_types = before.EventTypes, enabled = before.Enabled },
                after = new { url = after.Url, event_types = after.EventTypes, enabled = after.Enabled },
            },
        });
        return after;
    }
}
