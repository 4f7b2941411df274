using BillingMonolith.Audit;
using Dapper;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Host.Outbox;

/// <summary>Adds an endpoint with a new secret, which is shown this once.</summary>
/// <param name="Cause">The request.</param>
/// <param name="Terms">What it is to be.</param>
internal sealed record CreateEndpoint(string Cause, EndpointTerms Terms) : IRequest<WebhookEndpoint>;

internal sealed class CreateEndpointValidator : AbstractValidator<CreateEndpoint>
{
    public CreateEndpointValidator(IValidator<EndpointTerms> terms) =>
        RuleFor(c => c.Terms).Custom((given, context) => terms.Validate(given).Errors.ForEach(context.AddFailure));
}

internal sealed class CreateEndpointHandler(UnitOfWork work, EndpointSecrets secrets, TimeProvider time) : IRequestHandler<CreateEndpoint, WebhookEndpoint>
{
    public async Task<WebhookEndpoint> Handle(CreateEndpoint command, CancellationToken cancellationToken)
    {
        var secret = StandardWebhooks.NewSecret();
        var connection = await work.OpenAsync(cancellationToken);
        var endpoint = await connection.QuerySingleAsync<WebhookEndpoint>(new CommandDefinition($"""
            INSERT INTO webhook_endpoints (id, url, description, event_types, enabled, secret)
            VALUES (@Id, @Url, @Description, @EventTypes, @Enabled, @Kept) RETURNING {WebhookEndpoint.Columns}
            """,
            new
            {
                Id = Guid.CreateVersion7(time.GetUtcNow()), command.Terms.Url, command.Terms.Description, command.Terms.EventTypes, command.Terms.Enabled,
                Kept = secrets.Write(secret),
            },
            cancellationToken: cancellationToken));
        work.Record(new AuditEntry("webhook_endpoint.created", "webhook_endpoint", endpoint.Id.ToString(), command.Cause)
        {
            Metadata = new { url = endpoint.Url, event_types = endpoint.EventTypes, enabled = endpoint.Enabled },
        });
        return endpoint with { Secret = secret };
    }
}
