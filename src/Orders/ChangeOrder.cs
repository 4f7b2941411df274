using System.Net;
using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Orders;

/// <summary>The terms of an order, as those who work on it set them. A field that is left out gets the default below.</summary>
public sealed record OrderTerms
{
    /// <summary>When the work is due; no date without it.</summary>
    public DateTimeOffset? Deadline { get; init; }
    /// <summary>How often the buyer may still ask for changes: 0 to 100.</summary>
    public required int RevisionsLeft { get; init; }
    /// <summary>Where the buyer's files are: an https address of at most 2000 characters; none without it.</summary>
    public string? FilesUrl { get; init; }
    /// <summary>Where the finished work is: an https address of at most 2000 characters; none without it.</summary>
    public string? FinalPackageUrl { get; init; }
    /// <summary>The buyer's checklist: `PENDING`, `SUBMITTED` or `COMPLETE`.</summary>
    public required string ChecklistStatus { get; init; }
    /// <summary>The earlier state, when this is an upgrade: at most 100 characters; nothing without it.</summary>
    public string? UpgradedFrom { get; init; }
}

/// <summary>Puts new terms in the place of an order's old ones.</summary>
/// <param name="Cause">The request, for the audit log.</param>
/// <param name="Order">Its id or its number.</param>
/// <param name="Revision">The revision that the new terms were made from; null = any revision.</param>
/// <param name="Terms">The new terms.</param>
public sealed record ChangeOrder(string Cause, string Order, long? Revision, OrderTerms Terms) : IRequest<Order>;

internal sealed class ChangeOrderValidator : AbstractValidator<ChangeOrder>
{
    private const int Longest = 2000;
    private const string Address = "An https address of at most 2000 characters, or null.";

    public ChangeOrderValidator()
    {
        RuleFor(c => c.Terms.RevisionsLeft).InclusiveBetween(0, 100).WithMessage("0 to 100.").OverridePropertyName("revisions_left");
        RuleFor(c => c.Terms.FilesUrl).Must(IsAddress).WithMessage(Address).OverridePropertyName("files_url");
        RuleFor(c => c.Terms.FinalPackageUrl).Must(IsAddress).WithMessage(Address).OverridePropertyName("final_package_url");
        RuleFor(c => c.Terms.ChecklistStatus).Must(s => OrderWork.Checklists.Contains(s)).OverridePropertyName("checklist_status")
            .WithMessage($"One of {string.Join(", ", OrderWork.Checklists)}.");
        RuleFor(c => c.Terms.UpgradedFrom).Must(t => t is null || t.Length is > 0 and <= 100 && !t.Any(char.IsControl))
            .WithMessage("1 to 100 characters, without control characters, or null.").OverridePropertyName("upgraded_from");
    }

    // It becomes a link on the buyer's page.
    private static bool IsAddress(string? url) => url is null || url.Length <= Longest && !url.AsSpan().ContainsAnyExceptInRange('!', '~')
        && Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps && uri.UserInfo.Length == 0;
}

internal sealed class ChangeOrderHandler(OrderRows rows) : IRequestHandler<ChangeOrder, Order>
{
    public async Task<Order> Handle(ChangeOrder command, CancellationToken cancellationToken)
    {
        var (order, terms) = (await rows.LockAsync(command.Order, cancellationToken) ?? throw OrderRefusals.NotFound(), command.Terms);
        var isSame = Terms(order) == terms;
        if (isSame) return order; // a repeat
        OrderRefusals.IfChanged(order, command.Revision);
        if (order.Kind == OrderWork.Cart && terms with { Deadline = null } != Terms(order) with { Deadline = null })
        {
            throw new RefusalException(HttpStatusCode.UnprocessableEntity, "not-for-carts",
                "Goods have a deadline; revisions, files, checklists and upgrades are for work that is done for the buyer. Leave those as they are.");
        }

        return await rows.WriteAsync(order, order with
        {
            Deadline = terms.Deadline?.UtcDateTime,
            RevisionsLeft = terms.RevisionsLeft,
            FilesUrl = terms.FilesUrl,
            FinalPackageUrl = terms.FinalPackageUrl,
            ChecklistStatus = terms.ChecklistStatus,
            UpgradedFrom = terms.UpgradedFrom,
        }, "order.updated", command.Cause, cancellationToken);
    }

    private static OrderTerms Terms(Order order) => new()
    {
        Deadline = order.Deadline is { } deadline ? new DateTimeOffset(deadline) : null,
        RevisionsLeft = order.RevisionsLeft,
        FilesUrl = order.FilesUrl,
        FinalPackageUrl = order.FinalPackageUrl,
        ChecklistStatus = order.ChecklistStatus,
        UpgradedFrom = order.UpgradedFrom,
    };
}
