using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Notifications;

/// <summary>Adds an endpoint with a new secret, which is shown only this once.</summary>
/// <param name="Cause">The request.</param>
/// <param name="Terms">The terms of the endpoint.</param>
public sealed record CreateEndpoint(string Cause, EndpointTerms Terms) : IRequest<WebhookEndpoint>;

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
        var db = await work.ContextAsync<NotificationsContext>(cancellationToken);
        var endpoint = new WebhookEndpoint
        {
            Id = Guid.CreateVersion7(time.GetUtcNow()), Url = command.Terms.Url, Description = command.Terms.Description,
            EventTypes = command.Terms.EventTypes, Enabled = command.Terms.Enabled, KeptSecret = secrets.Write(secret),
        };
        db.Add(endpoint);
        await db.SaveChangesAsync(cancellationToken);
        work.Record(new AuditEntry("webhook_endpoint.created", "webhook_endpoint", endpoint.Id.ToString(), command.Cause)
        {
            Metadata = new { url = endpoint.Url, event_types = endpoint.EventTypes, enabled = endpoint.Enabled },
        });
        return endpoint with { Secret = secret };
    }
}
