using FluentValidation;

namespace BillingMonolith.Credits;

/// <summary>How the credits work; configuration section <c>Credits</c>.</summary>
public sealed class CreditsOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Credits";

    /// <summary>A user whose balance falls below this is alerted, once a day; 0 = no alerts.</summary>
    public long LowBalance { get; set; } = 100;

    /// <summary>A grant or an adjustment by more than this needs a second administrator.</summary>
    public long ApprovalAbove { get; set; } = 10_000;

    /// <summary>Whether a change of so many credits needs a second administrator.</summary>
    public bool NeedsApproval(long credits) => Math.Abs(credits) > ApprovalAbove;

    internal bool IsLow(long balance) => balance < LowBalance;
}

/// <summary>The rules for the settings at start, in words for the person who sets them.</summary>
public sealed class CreditsOptionsValidator : AbstractValidator<CreditsOptions>
{
    /// <summary>The rules.</summary>
    public CreditsOptionsValidator()
    {
        RuleFor(o => o.LowBalance).GreaterThanOrEqualTo(0).WithMessage("Credits:LowBalance must be 0 (no alerts) or more.");
        RuleFor(o => o.ApprovalAbove).GreaterThanOrEqualTo(0).WithMessage("Credits:ApprovalAbove must be 0 (all are approved) or more.");
    }
}
