using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Host.Inbox;

/// <summary>Payments that no user is known for, the latest first: one row per event, whatever the number of its steps.</summary>
internal sealed record ReadUnlinkedPayments(int Limit, UnlinkedPosition? After) : IRequest<IReadOnlyList<UnlinkedPayment>>;

/// <summary>The last payment of a page.</summary>
internal sealed record UnlinkedPosition(DateTime ParkedAt, string EventId);

internal sealed class ReadUnlinkedPaymentsValidator : AbstractValidator<ReadUnlinkedPayments>
{
    public ReadUnlinkedPaymentsValidator()
    {
        RuleFor(q => q.Limit).InclusiveBetween(1, 200).WithMessage("1 to 200.");
        RuleFor(q => q.After!.ParkedAt.Kind).Equal(DateTimeKind.Utc).When(q => q.After is not null).OverridePropertyName("cursor");
    }
}

internal sealed class ReadUnlinkedPaymentsHandler(IDbContextFactory<HostContext> contexts)
    : IRequestHandler<ReadUnlinkedPayments, IReadOnlyList<UnlinkedPayment>>
{
    public async Task<IReadOnlyList<UnlinkedPayment>> Handle(ReadUnlinkedPayments query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        // An event's steps are parked together; the first of them by name stands for it.
        var steps = db.InboxSteps.Where(s => s.WaitsFor != null
            && !db.InboxSteps.Any(o => o.EventId == s.EventId && o.WaitsFor != null && string.Compare(o.Command, s.Command) < 0));
        if (query.After is { } after)
        {
            steps = steps.Where(s => EF.Functions.LessThan(
                ValueTuple.Create(s.CompletedAt!.Value, s.EventId), ValueTuple.Create(after.ParkedAt, after.EventId)));
        }

        var rows = await steps.OrderByDescending(s => s.CompletedAt).ThenByDescending(s => s.EventId).Take(query.Limit)
            .Select(s => new { s.EventId, s.Event.Type, s.Event.Payload, WaitsFor = s.WaitsFor!, ParkedAt = s.CompletedAt!.Value, Reason = s.LastError! })
            .ToListAsync(cancellationToken);
        return [.. rows.Select(r => UnlinkedPayment.Of(r.EventId, r.Type, r.Payload, r.WaitsFor, r.ParkedAt, r.Reason))];
    }
}
