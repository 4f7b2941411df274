using FluentValidation;

namespace BillingMonolith.Credits;

/// <summary>Rules that all commands share which give or take credits.</summary>
internal static class Rules
{
    public const long Most = 1_000_000_000;

    extension<T>(IRuleBuilder<T, string> rule)
    {
        public IRuleBuilderOptions<T, string> IsUser() =>
            rule.Must(u => u.Length is > 0 and <= 255 && !u.Any(char.IsControl)).WithMessage("A Keycloak user id.");

        /// <summary>A person in the realm, because the id becomes part of a Keycloak URL.</summary>
        public IRuleBuilderOptions<T, string> IsKnownUser() =>
            rule.Matches(@"^[A-Za-z0-9._:@-]{1,64}\z").WithMessage("A Keycloak user id of at most 64 characters.");

        public IRuleBuilderOptions<T, string> IsReason(int longest) =>
            rule.Must(r => r.Trim().Length >= 3 && r.Length <= longest && !r.Any(char.IsControl))
                .WithMessage($"3 to {longest} characters, without control characters.");
    }

    extension<T>(IRuleBuilder<T, string?> rule)
    {
        public IRuleBuilderOptions<T, string?> IsReference() =>
            rule.Must(r => r is null || (r.Length is > 0 and <= 200 && !r.Any(char.IsControl)))
                .WithMessage("1 to 200 characters, without control characters, or absent.");
    }

    extension<T>(IRuleBuilder<T, long> rule)
    {
        public IRuleBuilderOptions<T, long> IsAmount() => rule.InclusiveBetween(1, Most).WithMessage($"1 to {Most}.");
    }
}
