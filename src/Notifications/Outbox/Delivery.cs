namespace BillingMonolith.Notifications;

/// <summary>How a try to send something ended. Whatever is not known to have arrived is sent again, under the same id.</summary>
/// <param name="Status">What the other side answered, if it did.</param>
/// <param name="Error">What went wrong; no e-mail address and no secret stands in it.</param>
internal abstract record Delivery(int? Status, string? Error)
{
    /// <summary>The other side has it.</summary>
    public sealed record Sent(int? Status) : Delivery(Status, Error: null);

    /// <summary>Not now, or nobody knows.</summary>
    public sealed record Failed(string Why, int? Status = null) : Delivery(Status, Why)
    {
        /// <summary>The other side asked not to be called before.</summary>
        public TimeSpan? After { get; init; }
    }

    /// <summary>Not tomorrow either: a person must look.</summary>
    public sealed record Refused(string Why, int? Status = null) : Delivery(Status, Why)
    {
        /// <summary>Nobody needs to be called for it: somebody wanted it so.</summary>
        public bool IsQuiet { get; init; }
    }
}
