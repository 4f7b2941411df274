using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Credits;

/// <summary>Reads purchases, the newest first. Every filter is optional; all given filters must match.</summary>
public sealed record ReadPurchases : IRequest<PurchasePage>
{
    /// <summary>The Keycloak user id, or the buyer's e-mail address at the time.</summary>
    public string? User { get; init; }
    /// <summary>One of the statuses of a purchase.</summary>
    public string? Status { get; init; }
    /// <summary>The package's code.</summary>
    public string? Package { get; init; }
    /// <summary>Begun at this time or later.</summary>
    public DateTimeOffset? From { get; init; }
    /// <summary>Begun before this time.</summary>
    public DateTimeOffset? To { get; init; }
    /// <summary>The end of the previous page.</summary>
    public PurchasePosition? After { get; init; }
    /// <summary>How many to skip; better: <see cref="After"/>.</summary>
    public int Offset { get; init; }
    /// <summary>At most so many, 1 to 1000.</summary>
    public int Limit { get; init; } = 100;
}

internal sealed class ReadPurchasesValidator : AbstractValidator<ReadPurchases>
{
    private static readonly string[] Statuses = ["pending", "processing", "completed", "failed", "refunded", "disputed"];

    public ReadPurchasesValidator()
    {
        RuleFor(q => q.Status).Must(s => s is null || Statuses.Contains(s)).WithMessage($"One of {string.Join(", ", Statuses)}.");
        RuleFor(q => q.Limit).InclusiveBetween(1, 1000).WithMessage("1 to 1000.");
        RuleFor(q => q.Offset).InclusiveBetween(0, PurchasePage.DeepestOffset).WithMessage("0 to 100000; beyond that, follow the cursor.");
        RuleFor(q => q.To).Must((q, to) => q.From is null || to is null || q.From < to).WithMessage("Later than from.");
        RuleFor(q => q.After!.CreatedAt.Kind).Equal(DateTimeKind.Utc).When(q => q.After is not null).OverridePropertyName("cursor");
    }
}

internal sealed class ReadPurchasesHandler(IDbContextFactory<CreditsContext> contexts) : IRequestHandler<ReadPurchases, PurchasePage>
{
    public async Task<PurchasePage> Handle(ReadPurchases query, CancellationToken cancellationToken)
    {
        // A user is looked up in two indexes, by id and by address; any other filter is one set.
        IReadOnlyList<FormattableString> sets = query.User is not null
            ? [$"user_id = {query.User}", $"lower(user_email) = lower({query.User}) AND user_id <> {query.User}"]
            : query.Status is not null || query.Package is not null ? [$"true"] : [];
        var page = new PageSql("credit_purchases");
        if (query.Status is not null) page.Where($"status = {query.Status}");
        if (query.Package is not null) page.Where($"package_code = {query.Package}");
        if (query.From is not null) page.Where($"created_at >= {query.From.Value.UtcDateTime}");
        if (query.To is not null) page.Where($"created_at < {query.To.Value.UtcDateTime}");
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await PurchaseReader.ReadAsync(db, page, sets, query.After, query.Offset, query.Limit, cancellationToken);
    }
}
