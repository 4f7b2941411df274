using System.Net;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Credits;

/// <summary>A manual change of credits: a grant, or an adjustment up or down, with its second administrator where one must agree.</summary>
internal sealed record Change(string Kind, Guid Id, string UserId, long Credits, string Reason, DateTimeOffset? ExpiresAt, string By, string Cause)
{
    public const string Grant = "grant";
    public const string Adjustment = "adjustment";

    public string? ApprovedBy { get; init; }

    public string Source => $"{(Kind == Grant ? "admin" : Kind)}:{Id}";

    /// <summary>Refuses a command that skipped the second administrator: a service cannot get one, and a person's request waits elsewhere.</summary>
    public static RefusalException Unapproved(CreditsOptions options) => new(HttpStatusCode.Forbidden, "approval-required",
        $"More than {options.ApprovalAbove} credits need two administrators: one asks, another approves. A service cannot ask.");
}

/// <summary>Makes such changes: credits that are given become a lot of their own; credits that are taken go in burn order.</summary>
internal sealed class Changes(Ledger ledger, UnitOfWork work)
{
    public async Task<CreditsGranted> DoAsync(Change change, CancellationToken cancellationToken)
    {
        var posted = change.Credits > 0 ? await GiveAsync(change, cancellationToken) : await TakeAsync(change, cancellationToken);
        work.Record(new AuditEntry(change.Credits > 0 ? "credit.allocate" : "credit.deduct", change.Kind, change.Source, change.Cause)
        {
            UserId = change.UserId,
            Metadata = new { by = change.By, approved_by = change.ApprovedBy, reason = change.Reason, credits = change.Credits, expires_at = change.ExpiresAt },
        });
        // Read again, because part of the new credits may have repaid debt.
        var balance = change.Credits > 0 ? (await ledger.StandingAsync(change.UserId, cancellationToken)).Balance : posted.BalanceAfter;
        return new CreditsGranted(posted.EntryId, change.UserId, change.Credits, balance);
    }

    private async Task<Posting> GiveAsync(Change change, CancellationToken cancellationToken)
    {
        var grant = new Grant(change.Source, change.UserId, change.Credits, Ledger.PurchasePriority, change.ExpiresAt, change.Reason);
        return (await ledger.GrantAsync([grant], cancellationToken))[change.Source];
    }

    private async Task<Posting> TakeAsync(Change change, CancellationToken cancellationToken) =>
        await ledger.TakeAsync(change.UserId, -change.Credits, "adjust", change.Source, change.Reason, reference: null, cancellationToken)
            ?? throw (await ledger.StandingAsync(change.UserId, cancellationToken)).TooLittleFor(-change.Credits, HttpStatusCode.Conflict);
}
