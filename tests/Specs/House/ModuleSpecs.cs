using System.Reflection;
using BillingMonolith.Billing;
using BillingMonolith.Credits;
using BillingMonolith.Identity;
using BillingMonolith.Orders;

namespace BillingMonolith.Specs.House;

/// <summary>The walls of the house: a module knows the audit log, and shows its commands and settings.</summary>
public sealed class ModuleSpecs
{
    /// <summary>Reviewed: what the modules show. Whoever adds to it says why.</summary>
    private static readonly Dictionary<Assembly, string[]> Shown = new()
    {
        [typeof(BillingModule).Assembly] =
        [
            "BeginCheckout", "BegunCheckout", "BillingCycle", "BillingCycles", "BillingModule", "CreateTier", "DeactivateTier", "EndCheckout",
            "FindCheckout", "FindInvitation", "FollowSchedule", "InspectCustomer", "InspectSubscription", "Invitation", "Invite", "KeepCheckoutCustomer",
            "KeepCheckoutSession", "LagoOptions", "LagoOptionsValidator", "LagoPlanSetUp", "LagoSetUp", "MaySubscribe", "NewTier", "OwnSubscription",
            "ReadOpenSubscriptions", "ReadSubscriptions", "ReadTiers", "RecordTierStripeIds", "ReplaceTier", "RequestChange", "SetUpLagoPlans",
            "StrayBilling", "SubscriptionDrift", "SyncSubscription", "Tier", "TierPrice", "TierPriceTerms", "TierTerms", "Uninvite",
        ],
        [typeof(OrdersModule).Assembly] =
        [
            "ChangeOrder", "FindOrder", "FindOrderOfSession", "MarkOrders", "MoveOrder", "Order", "OrderChanged", "OrderContents", "OrderItem",
            "OrderMoneyFact", "OrderMoneyState", "OrderPage", "OrderPlaced", "OrderPosition", "OrderShipping", "OrderTerms", "OrdersModule", "PlaceOrder",
            "ReadOrders", "ReadOwnOrders",
        ],
        [typeof(IdentityModule).Assembly] =
        [
            "AdoptCustomer", "Contact", "CustomerLinked", "EntitlementTerms", "Feature", "FindCandidates", "FindCustomer", "FindDueTiers", "FindUser",
            "FoundUser", "IdentityModule", "InspectTier", "KeycloakOptions", "KeycloakOptionsValidator", "LinkCustomer", "ProjectTier", "Projection",
            "ReadContact", "ReadEntitlement", "ReadEntitlements", "ReadFeatures", "ReadOpenTiers", "ReadProjection", "ReadTier", "ReadTierEntitlement",
            "ReadTierFeatures", "RealmThing", "SetTier", "SetTierEntitlement", "SetUpRealm", "TierChanged", "TierDrift", "TierEntitlement", "TierFeature",
            "TierProjected", "UserCandidate", "UserEntitlement", "UserExists", "UserFeatures",
        ],
        [typeof(CreditsModule).Assembly] =
        [
            "AdjustCredits", "Allowance", "AllowanceTerms", "Approval", "ApprovalPage", "AutoTopUp", "BadRow", "BeginPurchase", "BegunPurchase", "ClaimTopUps",
            "CommitReservation", "CompletedPurchase", "ConsumeCredits", "CreatePackage", "CreditBalance", "CreditPackage", "CreditPrice", "CreditTransaction",
            "CreditsConsumed", "CreditsGranted", "CreditsModule", "CreditsOptions", "CreditsOptionsValidator", "DeactivatePackage", "DecideApproval",
            "DisputeFact", "DisputeState", "DropAutoTopUp", "DueTopUp", "EndDueCredits", "FindDueCredits", "FindPurchase", "GrantAllowance", "GrantCredits",
            "HoldCredits", "KeepCustomer", "LedgerProgress", "LedgerReport", "LowBalanceReached", "MoneyFact", "NewPackage", "PackageTerms", "Payment",
            "PostponeTopUp", "PriceTerms", "Purchase", "PurchasePage", "PurchasePosition", "PurchaseState", "PurchasesCompleted", "ReadAllowances",
            "ReadApprovals", "ReadAutoTopUp", "ReadBalance", "ReadHistory", "ReadPackages", "ReadPurchases", "ReadReservation", "ReadTransactions",
            "RecordCheckout", "RecordDispute", "RecordRefunds", "RecordStripeIds", "RefundFact", "RefundState", "ReleaseReservation", "ReplacePackage",
            "RequestApproval", "Reservation", "SetAllowance", "SetAutoTopUp", "SettlePurchase", "SettleTopUp", "TopUpPayment", "TransactionPage",
            "VerifyLedger",
        ],
    };

    public static TheoryData<string> Modules => [.. Shown.Keys.Select(a => a.GetName().Name!)];

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_module_knows_no_other_room(string module) =>
        Named(module).GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("BillingMonolith.", StringComparison.Ordinal))
            .Except(["BillingMonolith.SharedKernel"]).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_module_shows_its_commands_queries_and_settings_and_nothing_else(string module) =>
        Named(module).GetExportedTypes().Select(t => t.Name).Order(StringComparer.Ordinal).ShouldBe(Shown[Named(module)]);

    private static Assembly Named(string module) => Shown.Keys.Single(a => a.GetName().Name == module);
}
