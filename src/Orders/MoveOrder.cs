using System.Net;
using BillingMonolith.SharedKernel;
using FluentValidation;
using MediatR;

namespace BillingMonolith.Orders;

/// <summary>Moves an order's work to a status. Nothing happens when the order has that status already.</summary>
/// <param name="Cause">The request, for the audit log.</param>
/// <param name="Order">Its id or its number.</param>
/// <param name="Revision">The revision that was read; null = any revision.</param>
/// <param name="Status">The new status.</param>
public sealed record MoveOrder(string Cause, string Order, long? Revision, string Status) : IRequest<Order>;

internal sealed class MoveOrderValidator : AbstractValidator<MoveOrder>
{
    private static readonly string[] Askable = [.. OrderWork.Statuses.Except([OrderWork.Refunded])];

    public MoveOrderValidator() => RuleFor(c => c.Status).Must(s => Askable.Contains(s)).WithMessage($"One of {string.Join(", ", Askable)}.");
}

internal sealed class MoveOrderHandler(OrderRows rows) : IRequestHandler<MoveOrder, Order>
{
    public async Task<Order> Handle(MoveOrder command, CancellationToken cancellationToken)
    {
        var order = await rows.LockAsync(command.Order, cancellationToken) ?? throw OrderRefusals.NotFound();
        if (order.WorkStatus == command.Status) return order; // a repeat
        OrderRefusals.IfChanged(order, command.Revision);

        var next = OrderWork.Next(order.Kind, order.WorkStatus, order.Status == OrderWork.Refunded);
        if (!next.Contains(command.Status))
        {
            var ways = next.Count == 0 ? "it is at its end" : $"it can go to {string.Join(", ", next)}";
            throw new RefusalException(HttpStatusCode.Conflict, "illegal-transition",
                $"From {order.Status} the order cannot go to {command.Status}; {ways}.");
        }

        var revises = OrderWork.IsRevision(order.WorkStatus, command.Status);
        if (revises && order.RevisionsLeft == 0)
        {
            throw new RefusalException(HttpStatusCode.Conflict, "no-revisions-left",
                "The buyer has used up all revisions of this order. Sell an upgrade, or raise revisions_left first.");
        }

        return await rows.WriteAsync(order, order with
        {
            WorkStatus = command.Status,
            RevisionsLeft = revises ? order.RevisionsLeft - 1 : order.RevisionsLeft,
        }, "order.updated", command.Cause, cancellationToken);
    }
}

/// <summary>The refusals that both commands about an order share.</summary>
internal static class OrderRefusals
{
    public static RefusalException NotFound() => new(HttpStatusCode.NotFound, "order-not-found", "There is no such order.");

    public static void IfChanged(Order order, long? revision)
    {
        if (revision is not null && revision != order.Revision)
        {
            throw new RefusalException(HttpStatusCode.PreconditionFailed, "changed-meanwhile",
                $"Somebody else changed order {order.OrderIdentifier} since you read it. Read it again, then change it.");
        }
    }
}
