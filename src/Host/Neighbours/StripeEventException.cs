namespace BillingMonolith.Host.Neighbours;

/// <summary>An authentic event that cannot be understood. The message is for the operator: what is wrong, and where in the body.</summary>
internal sealed class StripeEventException : Exception
{
    /// <summary>Says what is wrong.</summary>
    public StripeEventException(string message, Exception? innerException = null) : base(message, innerException) { }

    /// <summary>Says what is wrong at one place of the body.</summary>
    public StripeEventException(string path, string problem) : base($"{path} {problem}") => Path = path;

    /// <summary>The JSON path, such as <c>data.object.amount_total</c>; null when it is the whole body.</summary>
    public string? Path { get; }
}
