using BillingMonolith.Host.Database;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Specs.House;

/// <summary>Names under which steps are stored: renaming a class changes none of them.</summary>
public sealed class StepKindSpecs
{
    private static readonly Type[] Steps = [.. Rooms.All.SelectMany(r => r.GetTypes())
        .Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IStep)))];

    [Fact]
    public void A_name_is_never_changed_and_never_goes() => new StepKinds(Steps).Known.ShouldBe(
    [
        "FollowSchedule", "GrantAllowance", "MarkOrders", "PlaceOrder", "QueueNotice", "RecordDispute", "RecordRefunds", "SetTier", "SettlePurchase",
        "SettleTopUp", "SyncSubscription", "billing.follow-schedule", "billing.sync-subscription", "credits.grant-allowance", "credits.record-dispute",
        "credits.record-refunds", "credits.settle-purchase", "credits.settle-top-up", "identity.set-tier", "notifications.queue-notice",
        "orders.mark-orders", "orders.place-order", "route",
    ], "a step may stand under it in somebody's database: a new name comes first, and the old one stays as a former one");

    [Fact]
    public void A_former_name_means_the_name_of_today() => new StepKinds(Steps).Current("SetTier").ShouldBe("identity.set-tier");

    [Fact]
    public void Two_steps_cannot_have_one_name() => Should.Throw<InvalidOperationException>(() => new StepKinds([typeof(First), typeof(Second)]))
        .Message.ShouldBe("Two steps are stored as 'test.same'.");

    [Fact]
    public void A_step_without_a_name_is_refused() =>
        Should.Throw<InvalidOperationException>(() => new StepKinds([typeof(Nameless)])).Message.ShouldBe("Nameless is a step, and declares no [StepKind].");

    [StepKind("test.first", "test.same")]
    private sealed record First(string Cause) : IStep;

    [StepKind("test.same")]
    private sealed record Second(string Cause) : IStep;

    private sealed record Nameless(string Cause) : IStep;
}
