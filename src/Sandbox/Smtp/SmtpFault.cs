namespace BillingMonolith.Sandbox.Smtp;

/// <summary>Where in a conversation a fault strikes.</summary>
internal enum SmtpStage
{
    Connect,
    Hello,
    Login,
    Mail,
    Recipient,
    Data,
    /// <summary>After the dot that ends a message.</summary>
    End,
    Quit,
}

/// <summary>How an answer goes on for ever.</summary>
internal enum SmtpFlood
{
    None,
    /// <summary>One line without an end.</summary>
    Line,
    /// <summary>Lines, each of which says that another one follows.</summary>
    Lines,
    /// <summary>The same, a byte at a time.</summary>
    Drip,
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
    /// <summary>The answer is 250 and has no end.</summary>
    public SmtpFlood Flood { get; init; }
    internal int Struck;
}
