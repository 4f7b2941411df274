using FluentValidation;

namespace BillingMonolith.Credits;

/// <summary>How the credits work; configuration section <c>Credits</c>.</summary>
public sealed class CreditsOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Credits";

    /// <summary>Whoever spends down to fewer than these is alerted, once a day; 0 = nobody is.</summary>
    public long LowBalance { get; set; } = 100;

    /// <summary>A grant or an adjustment by more than this needs a second administrator.</summary>
    public long ApprovalAbove { get; set; } = 10_000;

    /// <summary>Whether so many credits, given or taken, need a second administrator.</summary>
    public bool NeedsApproval(long credits) => Math.Abs(credits) > ApprovalAbove;

    internal bool IsLow(long balance) => balance < LowBalance;
}

/// <summary>What must be right at start, in words for the person who sets it.</summary>
public sealed class CreditsOptionsValidator : AbstractValidator<CreditsOptions>
{
    /// <summary>The rules.</summary>
    public CreditsOptionsValidator()
    {
        RuleFor(o => o.LowBalance).GreaterThanOrEqualTo(0).WithMessage("Credits:LowBalance must be 0 (no alerts) or more.");
        RuleFor(o => o.ApprovalAbove).GreaterThanOrEqualTo(0).WithMessage("Credits:ApprovalAbove must be 0 (all are approved) or more.");
    }
}
