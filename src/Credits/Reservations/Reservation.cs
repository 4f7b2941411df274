using System.Net;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Credits;

/// <summary>Credits that are held for a while, to be spent soon.</summary>
/// <param name="Id">The reservation.</param>
/// <param name="UserId">The user who owns the credits.</param>
/// <param name="Amount">The number of credits that are, or were, held.</param>
/// <param name="State">`held`, `committed`, `released`, or `expired` when its time ran out.</param>
/// <param name="Committed">The number of credits spent.</param>
/// <param name="ExpiresAt">The end of the hold.</param>
/// <param name="Reason">The purpose, for people.</param>
/// <param name="Reference">The spender's own id of the purpose.</param>
/// <param name="TransactionId">The entry in the ledger, when it is committed.</param>
/// <param name="Balance">The user's balance now; held credits count.</param>
/// <param name="Available">The credits that the user can spend now; held credits do not count.</param>
public sealed record Reservation(Guid Id, string UserId, long Amount, string State, long Committed, DateTime ExpiresAt, string? Reason, string? Reference,
    long? TransactionId, long Balance, long Available)
{
    internal const string Held = "held";
    internal const string Released = "released";

    internal static RefusalException Unknown() => new(HttpStatusCode.NotFound, "reservation-not-found", "There is no reservation of yours with this id.");

    internal static RefusalException Ended(string state) => new(HttpStatusCode.Conflict, "reservation-ended", $"The reservation is {state} already.");
}

/// <summary>A reservation as its row has it.</summary>
internal sealed record ReservationRow(Guid Id, string UserId, long Amount, string State, long Committed, DateTime ExpiresAt, string? Reason, string? Reference,
    long? TransactionId)
{
    public Reservation With(Standing standing) =>
        new(Id, UserId, Amount, State, Committed, ExpiresAt, Reason, Reference, TransactionId, standing.Balance, standing.Available);
}
