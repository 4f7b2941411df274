using BillingMonolith.SharedKernel;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BillingMonolith.Orders;

/// <summary>The order that a checkout session sold: the buyer, the goods and the price. Amounts are in the minor unit of its currency.</summary>
public abstract record OrderContents
{
    /// <summary>The buyer's Keycloak user id; null for a guest.</summary>
    public string? UserId { get; init; }
    /// <summary>The buyer's customer id at Stripe; null for a guest.</summary>
    public string? CustomerId { get; init; }
    /// <summary>The address that the buyer gave.</summary>
    public string? CustomerEmail { get; init; }
    /// <summary>The name that the buyer gave.</summary>
    public string? CustomerName { get; init; }
    /// <summary>The ordered work: `PLAN` or `PLAN_TERM`.</summary>
    public string? Tier { get; init; }
    /// <summary>The earlier state, when this is an upgrade.</summary>
    public string? UpgradedFrom { get; init; }
    /// <summary>The shop's cart; null = work that is done for the buyer.</summary>
    public string? CartId { get; init; }
    /// <summary>The lines of the order.</summary>
    public IReadOnlyList<OrderItem> Items { get; init; } = [];
    /// <summary>The address for the goods; null when none was asked for.</summary>
    public OrderShipping? Shipping { get; init; }
    /// <summary>The amount paid, after discounts and with taxes and shipping.</summary>
    public long AmountMinor { get; init; }
    /// <summary>ISO 4217, lower case.</summary>
    public required string Currency { get; init; }
    /// <summary>The payment at Stripe; null when nothing had to be paid.</summary>
    public string? StripePaymentIntentId { get; init; }
}

/// <summary>An order: it is paid, and somebody has to work on it.</summary>
public sealed record Order : OrderContents
{
    /// <summary>Its id.</summary>
    public Guid Id { get; init; }
    /// <summary>The number that people say: ten letters and digits.</summary>
    public required string OrderIdentifier { get; init; }
    /// <summary>`dfy` (work that is done for the buyer) or `cart` (goods).</summary>
    public required string Kind { get; init; }
    /// <summary>The order's status: the work's status, or `REFUNDED` while all of the money is refunded.</summary>
    public required string Status { get; init; }
    /// <summary>The work's status, independent of the money.</summary>
    public required string WorkStatus { get; init; }
    /// <summary>The refunded amount.</summary>
    public long RefundedMinor { get; init; }
    /// <summary>`none`, `inquiry` (the bank asks), `open`, `won` or `lost`.</summary>
    public required string Dispute { get; init; }
    /// <summary>When the work is due.</summary>
    public DateTime? Deadline { get; init; }
    /// <summary>How often the buyer may still ask for changes.</summary>
    public int RevisionsLeft { get; init; }
    /// <summary>Where the buyer's files are.</summary>
    public string? FilesUrl { get; init; }
    /// <summary>Where the finished work is.</summary>
    public string? FinalPackageUrl { get; init; }
    /// <summary>The buyer's checklist: `PENDING`, `SUBMITTED` or `COMPLETE`.</summary>
    public required string ChecklistStatus { get; init; }
    /// <summary>The checkout session at Stripe.</summary>
    public required string StripeSessionId { get; init; }
    /// <summary>Grows with every change.</summary>
    public long Revision { get; init; }
    /// <summary>When it was placed.</summary>
    public DateTime CreatedAt { get; init; }
    /// <summary>When it was changed last.</summary>
    public DateTime UpdatedAt { get; init; }
}

/// <summary>One line of an order.</summary>
/// <param name="Description">The description that the buyer saw.</param>
/// <param name="Quantity">How many.</param>
/// <param name="AmountSubtotalMinor">Before discounts and taxes, in the minor unit of the order's currency.</param>
/// <param name="AmountTotalMinor">After them.</param>
/// <param name="StripePriceId">Stripe's price.</param>
/// <param name="StripeProductId">Stripe's product.</param>
public sealed record OrderItem(
    string? Description, long? Quantity, long AmountSubtotalMinor, long AmountTotalMinor, string? StripePriceId, string? StripeProductId);

/// <summary>The address for the goods of an order.</summary>
/// <param name="Name">The recipient.</param>
/// <param name="Phone">The number that the carrier may call.</param>
/// <param name="Line1">Street, first line.</param>
/// <param name="Line2">Street, second line.</param>
/// <param name="City">Town.</param>
/// <param name="State">State, county or province.</param>
/// <param name="PostalCode">Postal code.</param>
/// <param name="Country">ISO 3166-1 alpha-2.</param>
public sealed record OrderShipping(
    string? Name, string? Phone, string? Line1, string? Line2, string? City, string? State, string? PostalCode, string? Country);

/// <summary>A page of orders.</summary>
/// <param name="Orders">The newest first.</param>
/// <param name="HasMore">Whether older ones follow.</param>
public sealed record OrderPage(IReadOnlyList<Order> Orders, bool HasMore)
{
    /// <summary>The cursor of the next page; null when nothing follows.</summary>
    public OrderPosition? Next => HasMore ? new OrderPosition(Orders[^1].CreatedAt, Orders[^1].Id) : null;
}

/// <summary>The last order of a page.</summary>
/// <param name="CreatedAt">When it was placed.</param>
/// <param name="Id">Its id.</param>
public sealed record OrderPosition(DateTime CreatedAt, Guid Id);

internal sealed class OrderConfiguration : IEntityTypeConfiguration<Order>
{
    public void Configure(EntityTypeBuilder<Order> order)
    {
        order.ToTable("orders");
        order.Property(o => o.Currency).HasColumnType("character(3)");
        order.Property(o => o.Items).IsJson();
        order.Property(o => o.Shipping).IsJson();
        order.Property(o => o.Status).ValueGeneratedOnAddOrUpdate(); // generated by the table
        order.Property(o => o.Revision).IsRowVersion(); // by trigger, as is the time
        order.Property(o => o.UpdatedAt).ValueGeneratedOnAddOrUpdate();
    }
}
