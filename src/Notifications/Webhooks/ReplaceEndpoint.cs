using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Notifications;

/// <summary>
/// Replaces an endpoint's terms; its secret stays. An endpoint that is enabled again starts with a clean record. 404: there is none.
/// </summary>
/// <param name="Cause">The request.</param>
/// <param name="Id">The endpoint.</param>
/// <param name="Terms">The new terms.</param>
public sealed record ReplaceEndpoint(string Cause, Guid Id, EndpointTerms Terms) : IRequest<WebhookEndpoint>;

internal sealed class ReplaceEndpointValidator : AbstractValidator<ReplaceEndpoint>
{
    public ReplaceEndpointValidator(IValidator<EndpointTerms> terms) =>
        RuleFor(c => c.Terms).Custom((given, context) => terms.Validate(given).Errors.ForEach(context.AddFailure));
}

internal sealed class ReplaceEndpointHandler(UnitOfWork work) : IRequestHandler<ReplaceEndpoint, WebhookEndpoint>
{
    public async Task<WebhookEndpoint> Handle(ReplaceEndpoint command, CancellationToken cancellationToken)
    {
        var db = await work.ContextAsync<NotificationsContext>(cancellationToken);
        var (before, now) = await WebhookEndpoint.LockAsync(db, command.Id, cancellationToken);
        var (url, eventTypes, description, enabled) = command.Terms;
        var after = await db.WriteAsync(before, before with
        {
            Url = url,
            Description = description,
            EventTypes = eventTypes,
            Enabled = enabled,
            FailingSince = before.Enabled || !enabled ? before.FailingSince : null,
            DisabledReason = enabled ? null : before.DisabledReason,
            UpdatedAt = now,
        }, cancellationToken);
        work.Record(new AuditEntry("webhook_endpoint.updated", "webhook_endpoint", command.Id.ToString(), command.Cause)
        {
            Metadata = new
            {
                before = new { url = before.Url, event_types = before.EventTypes, enabled = before.Enabled },
                after = new { url = after.Url, event_types = after.EventTypes, enabled = after.Enabled },
            },
        });
        return after.At(now);
    }
}
