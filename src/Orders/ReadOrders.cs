using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace BillingMonolith.Orders;

/// <summary>Reads everybody's orders, the newest first. Every filter is optional; all given filters must match.</summary>
public sealed record ReadOrders : IRequest<OrderPage>
{
    /// <summary>The Keycloak user id, or the e-mail address that the buyer gave.</summary>
    public string? User { get; init; }
    /// <summary>One of the statuses of an order.</summary>
    public string? Status { get; init; }
    /// <summary><c>dfy</c> or <c>cart</c>.</summary>
    public string? Kind { get; init; }
    /// <summary>Placed at this time or later.</summary>
    public DateTimeOffset? From { get; init; }
    /// <summary>Placed before this time.</summary>
    public DateTimeOffset? To { get; init; }
    /// <summary>The end of the previous page.</summary>
    public OrderPosition? After { get; init; }
    /// <summary>At most so many, 1 to 1000.</summary>
    public int Limit { get; init; } = 100;
}

internal sealed class ReadOrdersValidator : AbstractValidator<ReadOrders>
{
    public ReadOrdersValidator()
    {
        RuleFor(q => q.Status).Must(s => s is null || OrderWork.Statuses.Contains(s)).WithMessage($"One of {string.Join(", ", OrderWork.Statuses)}.");
        RuleFor(q => q.Kind).Must(k => k is null or OrderWork.Dfy or OrderWork.Cart).WithMessage("dfy or cart.");
        RuleFor(q => q.Limit).InclusiveBetween(1, 1000).WithMessage("1 to 1000.");
        RuleFor(q => q.To).Must((q, to) => q.From is null || to is null || q.From < to).WithMessage("Later than from.");
        RuleFor(q => q.After!.CreatedAt.Kind).Equal(DateTimeKind.Utc).When(q => q.After is not null).OverridePropertyName("cursor");
    }
}

internal sealed class ReadOrdersHandler(IDbContextFactory<OrdersContext> contexts) : IRequestHandler<ReadOrders, OrderPage>
{
    public async Task<OrderPage> Handle(ReadOrders query, CancellationToken cancellationToken)
    {
        // A user is looked up in two indexes, by id and by address; any other filter is one set.
        IReadOnlyList<FormattableString> sets = query.User is not null
            ? [$"user_id = {query.User}", $"lower(customer_email) = lower({query.User}) AND user_id IS DISTINCT FROM {query.User}"]
            : query.Status is not null || query.Kind is not null ? [$"true"] : [];
        var page = new PageSql("orders");
        if (query.Status is not null) page.Where($"status = {query.Status}");
        if (query.Kind is not null) page.Where($"kind = {query.Kind}");
        if (query.From is not null) page.Where($"created_at >= {query.From.Value.UtcDateTime}");
        if (query.To is not null) page.Where($"created_at < {query.To.Value.UtcDateTime}");
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await OrderReader.PageAsync(db, page, sets, query.After, query.Limit, cancellationToken);
    }
}

/// <summary>A user's own orders, the newest first.</summary>
/// <param name="UserId">The Keycloak user id.</param>
/// <param name="Limit">At most so many, 1 to 200.</param>
/// <param name="After">The end of the previous page.</param>
public sealed record ReadOwnOrders(string UserId, int Limit, OrderPosition? After) : IRequest<OrderPage>;

internal sealed class ReadOwnOrdersValidator : AbstractValidator<ReadOwnOrders>
{
    public ReadOwnOrdersValidator()
    {
        RuleFor(q => q.Limit).InclusiveBetween(1, 200).WithMessage("1 to 200.");
        RuleFor(q => q.After!.CreatedAt.Kind).Equal(DateTimeKind.Utc).When(q => q.After is not null).OverridePropertyName("cursor");
    }
}

internal sealed class ReadOwnOrdersHandler(IDbContextFactory<OrdersContext> contexts) : IRequestHandler<ReadOwnOrders, OrderPage>
{
    public async Task<OrderPage> Handle(ReadOwnOrders query, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await OrderReader.PageAsync(db, new PageSql("orders"), [$"user_id = {query.UserId}"], query.After, query.Limit, cancellationToken);
    }
}
