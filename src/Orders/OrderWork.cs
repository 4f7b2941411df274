namespace BillingMonolith.Orders;

/// <summary>
/// The allowed moves between the statuses of an order's work. A move back to <c>IN_PROGRESS</c> is a revision, and the number of revisions is limited.
/// </summary>
internal static class OrderWork
{
    public const string Dfy = "dfy";
    public const string Cart = "cart";
    public const string New = "NEW";
    public const string InProgress = "IN_PROGRESS";
    public const string Review = "REVIEW";
    public const string Delivered = "DELIVERED";
    public const string Closed = "CLOSED";
    public const string Processing = "PROCESSING";
    public const string Shipped = "SHIPPED";
    public const string Cancelled = "CANCELLED";
    public const string Refunded = "REFUNDED";

    /// <summary>Every status that an order can have; the last one follows from the money and cannot be requested.</summary>
    public static readonly string[] Statuses = [New, InProgress, Review, Processing, Shipped, Delivered, Closed, Cancelled, Refunded];

    public static readonly string[] Checklists = ["PENDING", "SUBMITTED", "COMPLETE"];

    /// <summary>The allowed next statuses. An order whose money is all refunded can only be ended, because nobody works on it any more.</summary>
    public static IReadOnlyList<string> Next(string kind, string work, bool isRefunded)
    {
        string[] next = (kind, work) switch
        {
            (Dfy, New) => [InProgress, Cancelled],
            (Dfy, InProgress) => [Review, Cancelled],
            (Dfy, Review) => [InProgress, Delivered, Cancelled],
            (Dfy, Delivered) => [InProgress, Closed],
            (Cart, New) => [Processing, Cancelled],
            (Cart, Processing) => [Shipped, Cancelled],
            (Cart, Shipped) => [Delivered],
            _ => [],
        };
        return isRefunded ? [.. next.Where(s => s is Closed or Cancelled)] : next;
    }

    /// <summary>Whether this move uses up a revision.</summary>
    public static bool IsRevision(string from, string to) => to == InProgress && from is Review or Delivered;
}
