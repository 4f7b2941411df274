using System.Net;
using BillingMonolith.Audit;

namespace BillingMonolith.Credits;

/// <summary>A grant or an adjustment that waits, or waited, for a second administrator.</summary>
/// <param name="Id">The request.</param>
/// <param name="State">`pending`, `approved`, `rejected`, or `expired` after seven days (or when the credits would have ended).</param>
/// <param name="Kind">`grant` or `adjustment`.</param>
/// <param name="UserId">Whose credits.</param>
/// <param name="Credits">How many; negative: to be taken.</param>
/// <param name="Reason">Why, in the words of who asked.</param>
/// <param name="CreditsExpireAt">When what is left of the credits ends; null = never.</param>
/// <param name="RequestedBy">Who asked: the Keycloak user id.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="ExpiresAt">Until when it can be decided.</param>
/// <param name="DecidedBy">Who decided: another administrator.</param>
/// <param name="DecidedAt">When.</param>
/// <param name="DecisionReason">Why it was rejected.</param>
/// <param name="TransactionId">The entry in the ledger, once it is approved.</param>
public sealed record Approval(Guid Id, string State, string Kind, string UserId, long Credits, string Reason, DateTime? CreditsExpireAt, string RequestedBy,
    DateTime CreatedAt, DateTime ExpiresAt, string? DecidedBy, DateTime? DecidedAt, string? DecisionReason, long? TransactionId)
{
    internal const string Pending = "pending";
    internal const string StateNow = "CASE WHEN state = 'pending' AND expires_at <= now() THEN 'expired' ELSE state END";
    internal const string Columns = $"""
        id, {StateNow} AS State, kind, user_id AS UserId, credits, reason, ends_at AS CreditsExpireAt, requested_by AS RequestedBy,
        created_at AS CreatedAt, expires_at AS ExpiresAt, decided_by AS DecidedBy, decided_at AS DecidedAt, decision_reason AS DecisionReason,
        entry_id AS TransactionId
        """;

    internal static RefusalException Unknown() => new(HttpStatusCode.NotFound, "approval-not-found", "There is no request with this id.");

    internal AuditEntry Entry(string verb, string by, string cause, string? why = null) => new($"credit.approval.{verb}", "approval", $"{Id}", cause)
    {
        UserId = UserId,
        Metadata = new { by, requested_by = RequestedBy, kind = Kind, credits = Credits, reason = Reason, decision_reason = why },
    };
}
