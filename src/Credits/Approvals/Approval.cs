using System.Net;
using BillingMonolith.SharedKernel;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.Credits;

/// <summary>A grant or an adjustment that waits, or waited, for a second administrator.</summary>
/// <param name="Id">The request.</param>
/// <param name="State">`pending`, `approved`, `rejected`, or `expired` after seven days (or when the credits would have ended).</param>
/// <param name="Kind">`grant` or `adjustment`.</param>
/// <param name="UserId">The user who owns the credits.</param>
/// <param name="Credits">The number of credits; negative = to be taken.</param>
/// <param name="Reason">The reason, in the requester's words.</param>
/// <param name="CreditsExpireAt">The time when the rest of the credits ends; null = never.</param>
/// <param name="RequestedBy">The requester's Keycloak user id.</param>
/// <param name="CreatedAt">The time of the request.</param>
/// <param name="ExpiresAt">The deadline of the decision.</param>
/// <param name="DecidedBy">The other administrator, who decided.</param>
/// <param name="DecidedAt">The time of the decision.</param>
/// <param name="DecisionReason">The reason for a rejection.</param>
/// <param name="TransactionId">The entry in the ledger, once it is approved.</param>
public sealed record Approval(Guid Id, string State, string Kind, string UserId, long Credits, string Reason, DateTime? CreditsExpireAt, string RequestedBy,
    DateTime CreatedAt, DateTime ExpiresAt, string? DecidedBy, DateTime? DecidedAt, string? DecisionReason, long? TransactionId)
{
    internal const string Pending = "pending";
    internal const string Expired = "expired";

    /// <summary>The state at that time, because the row's state does not change by itself.</summary>
    internal Approval At(DateTime now) => State == Pending && ExpiresAt <= now ? this with { State = Expired } : this;

    internal static RefusalException Unknown() => new(HttpStatusCode.NotFound, "approval-not-found", "There is no request with this id.");

    internal AuditEntry Entry(string verb, string by, string cause, string? why = null) => new($"credit.approval.{verb}", "approval", $"{Id}", cause)
    {
        UserId = UserId,
        Metadata = new { by, requested_by = RequestedBy, kind = Kind, credits = Credits, reason = Reason, decision_reason = why },
    };
}

internal sealed class ApprovalConfiguration : IEntityTypeConfiguration<Approval>
{
    public void Configure(EntityTypeBuilder<Approval> approval)
    {
        approval.ToTable("credit_approvals");
        approval.Property(a => a.CreditsExpireAt).HasColumnName("ends_at");
        approval.Property(a => a.TransactionId).HasColumnName("entry_id");
    }
}
