using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Notifications;

/// <summary>Queues a mail to a subscriber about an event of the subscription; once per key, however many events report it.</summary>
/// <param name="Cause">The event.</param>
/// <param name="Key">The unique key of the mail.</param>
/// <param name="Template">One of <see cref="MailTemplates.Names"/>.</param>
[StepKind("notifications.queue-notice", "QueueNotice")]
public sealed record QueueNotice(string Cause, string Key, string Template) : ILocalStep
{
    /// <summary>The Keycloak user who gets it, when no address is given.</summary>
    public string? UserId { get; init; }
    /// <summary>The address, when it is known.</summary>
    public string? Email { get; init; }
    /// <summary>The values of the template's placeholders.</summary>
    public Dictionary<string, string> Facts { get; init; } = [];
}

internal sealed class QueueNoticeValidator : AbstractValidator<QueueNotice>
{
    public QueueNoticeValidator() => RuleFor(n => n.UserId).NotEmpty().When(n => string.IsNullOrEmpty(n.Email))
        .WithMessage("The event names neither a user nor an address, so nobody can be written to.");
}

internal sealed class QueueNoticeHandler(OutboxWriter outbox) : IRequestHandler<StepSet<QueueNotice>, IReadOnlyList<Outcome>>
{
    public async Task<IReadOnlyList<Outcome>> Handle(StepSet<QueueNotice> set, CancellationToken cancellationToken)
    {
        if (!outbox.SendsMail) return [.. set.Steps.Select(_ => new Outcome.Ignored("There is no mail server (Mail__SmtpUrl)."))];
        await outbox.WriteAsync([.. set.Steps.DistinctBy(s => s.Key).Select(s => new MailMessage(s.Key, s.Template, s.Cause)
        {
            To = s.Email, UserId = s.UserId, Facts = s.Facts,
        })], [], cancellationToken);
        return [.. set.Steps.Select(_ => Outcome.Done)];
    }
}
