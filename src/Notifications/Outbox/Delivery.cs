namespace BillingMonolith.Notifications;

/// <summary>The result of an attempt to send. A delivery that is not known to have arrived is sent again, under the same id.</summary>
/// <param name="Status">The SMTP or HTTP status, if there was an answer.</param>
/// <param name="Error">The error; it contains no e-mail address and no secret.</param>
internal abstract record Delivery(int? Status, string? Error)
{
    /// <summary>The receiver has it.</summary>
    public sealed record Sent(int? Status) : Delivery(Status, Error: null);

    /// <summary>A transient failure, or an unknown outcome.</summary>
    public sealed record Failed(string Why, int? Status = null) : Delivery(Status, Why)
    {
        /// <summary>The pause that the receiver asked for.</summary>
        public TimeSpan? After { get; init; }
    }

    /// <summary>A permanent failure: a person must look.</summary>
    public sealed record Refused(string Why, int? Status = null) : Delivery(Status, Why)
    {
        /// <summary>Ended on purpose: no person needs to look.</summary>
        public bool IsQuiet { get; init; }
    }
}
