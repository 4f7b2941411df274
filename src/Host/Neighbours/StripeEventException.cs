namespace BillingMonolith.Host.Neighbours;

/// <summary>An authentic event that cannot be read. The message is for the operator: the problem, and its place in the body.</summary>
internal sealed class StripeEventException : Exception
{
    /// <summary>Reports the problem.</summary>
    public StripeEventException(string message, Exception? innerException = null) : base(message, innerException) { }

    /// <summary>Reports a problem at one place of the body.</summary>
    public StripeEventException(string path, string problem) : base($"{path} {problem}") => Path = path;

    /// <summary>The JSON path, such as <c>data.object.amount_total</c>; null for the whole body.</summary>
    public string? Path { get; }
}
