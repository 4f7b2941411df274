namespace BillingMonolith.Sandbox.Smtp;

/// <summary>Where in a conversation a fault strikes.</summary>
internal enum SmtpStage
{
    Connect,
    Hello,
    Mail,
    Recipient,
    Data,
    /// <summary>After the dot that ends a message.</summary>
    End,
}

/// <summary>What the stand-in does instead of its usual answer.</summary>
/// <param name="Stage">When.</param>
/// <param name="Times">How often before it is spent; int.MaxValue = for ever.</param>
internal sealed record SmtpFault(SmtpStage Stage, int Times = 1)
{
    /// <summary>The answer: <c>451 4.3.2 later</c>. Without one the connection is cut; at the end the message has been taken then.</summary>
    public string? Answer { get; init; }
    /// <summary>Says nothing for so long first.</summary>
    public TimeSpan Delay { get; init; }
    internal int Struck;
}
