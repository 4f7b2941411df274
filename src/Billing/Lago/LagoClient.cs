namespace BillingMonolith.Billing.Lago;

/// <summary>
/// Our requests to Lago: one thing or none, all pages of a list. Every call may be repeated. An answer that is no success, or not of the expected shape, is a
/// <see cref="LagoException"/>; only Lago's own "not found" means "none".
/// </summary>
internal sealed class LagoClient(ILagoApi lago)
{
    /// <summary>The named client; the Host gives it time limits, retries and the breaker.</summary>
    public const string Name = "lago";

    private const int PerPage = 100;
    private const string Pending = "pending";

    /// <summary>
    /// Null when there is none. An id with a dot is looked up by the filter, because Lago cuts the path there and would find another customer. So is an empty
    /// one, because its path is that of all customers.
    /// </summary>
    public async Task<LagoCustomer?> FindCustomerAsync(string externalId, CancellationToken cancellationToken)
    {
        if (!IsSegment(externalId))
        {
            var found = await lago.GetCustomersAsync(externalId, cancellationToken);
            return Sound(found?.Customers, "GET /customers").FirstOrDefault(c => c.ExternalId == externalId);
        }

        var one = await OrNullAsync("customer", lago.GetCustomerAsync(externalId, cancellationToken));
        return one.IsAbsent ? null : Checked(one.Answer?.Customer, one.Answer?.Customer.ExternalId, externalId, "GET /customers");
    }

    /// <summary>Creates or changes; 422 <c>external_id: value_already_exist</c> when another first call was faster.</summary>
    public async Task<LagoCustomer> UpsertCustomerAsync(LagoCustomerInput customer, CancellationToken cancellationToken)
    {
        var answer = await lago.UpsertCustomerAsync(new LagoCustomerBody(customer), cancellationToken);
        return Checked(answer?.Customer, answer?.Customer.ExternalId, customer.ExternalId, "POST /customers");
    }

    /// <summary>The active one; null when there is none.</summary>
    public Task<LagoSubscription?> FindSubscriptionAsync(string externalId, CancellationToken cancellationToken) =>
        FindAsync(externalId, status: null, cancellationToken);

    /// <summary>The pending one; null when there is none.</summary>
    public Task<LagoSubscription?> FindPendingAsync(string externalId, CancellationToken cancellationToken) =>
        FindAsync(externalId, Pending, cancellationToken);

    /// <summary>All active ones of a customer, in pages of a hundred; none when Lago has no such customer.</summary>
    public async Task<IReadOnlyList<LagoSubscription>> ActiveOfAsync(string externalCustomerId, CancellationToken cancellationToken)
    {
        const string Asked = "GET /subscriptions";
        var all = await PagesAsync(Asked, s => s.ExternalId,
            async page => (await lago.GetActiveSubscriptionsAsync(externalCustomerId, page, PerPage, cancellationToken))?.Subscriptions);
        return all.TrueForAll(s => s.ExternalCustomerId == externalCustomerId) ? all : throw LagoException.Unreadable(200, Asked, "it lists other customers'");
    }

    /// <summary>
    /// Starts it, or changes its plan: a dearer one at once, a cheaper one at the period's end, and the answer is the present one with
    /// <see cref="LagoSubscription.NextPlanCode"/>. The same plan is answered unchanged. 404 <c>plan_not_found</c>;
    /// 422 <c>external_id: value_already_exist</c> when another customer has it.
    /// </summary>
    public async Task<LagoSubscription> SubscribeAsync(LagoSubscriptionInput subscription, CancellationToken cancellationToken)
    {
        var answer = await lago.CreateSubscriptionAsync(new LagoSubscriptionBody(subscription), cancellationToken);
        return Checked(answer?.Subscription, answer?.Subscription.ExternalId, subscription.ExternalId, "POST /subscriptions");
    }

    /// <summary>Ends the active one now, with any scheduled after it; null when it has ended before.</summary>
    public Task<LagoSubscription?> TerminateAsync(string externalId, CancellationToken cancellationToken) =>
        EndAsync(externalId, status: null, cancellationToken);

    /// <summary>Cancels a scheduled change; null when there is none.</summary>
    public Task<LagoSubscription?> CancelPendingAsync(string externalId, CancellationToken cancellationToken) =>
        EndAsync(externalId, Pending, cancellationToken);

    /// <summary>All plans by their codes; one call per hundred.</summary>
    public async Task<IReadOnlyDictionary<string, LagoPlan>> PlansAsync(CancellationToken cancellationToken)
    {
        var all = await PagesAsync("GET /plans", p => p.Code, async page => (await lago.GetPlansAsync(page, PerPage, cancellationToken))?.Plans);
        return all.ToDictionary(p => p.Code, StringComparer.Ordinal);
    }

    /// <summary>Makes a plan; 422 <c>code: value_already_exist</c> when there is one with this code.</summary>
    public async Task CreatePlanAsync(LagoPlan plan, CancellationToken cancellationToken)
    {
        var answer = await lago.CreatePlanAsync(new OneLagoPlan(plan), cancellationToken);
        Checked(answer?.Plan, answer?.Plan.Code, plan.Code, "POST /plans");
    }

    private async Task<LagoSubscription?> FindAsync(string externalId, string? status, CancellationToken cancellationToken)
    {
        var one = await OrNullAsync("subscription", lago.GetSubscriptionAsync(Segment(externalId), status, cancellationToken));
        return one.IsAbsent ? null : Checked(one.Answer?.Subscription, one.Answer?.Subscription.ExternalId, externalId, "GET /subscriptions");
    }

    private async Task<LagoSubscription?> EndAsync(string externalId, string? status, CancellationToken cancellationToken)
    {
        var one = await OrNullAsync("subscription", lago.TerminateSubscriptionAsync(Segment(externalId), status, cancellationToken));
        return one.IsAbsent ? null : Checked(one.Answer?.Subscription, one.Answer?.Subscription.ExternalId, externalId, "DELETE /subscriptions");
    }

    private static async Task<(bool IsAbsent, T? Answer)> OrNullAsync<T>(string resource, Task<T?> asked) where T : class
    {
        try
        {
            return (false, await asked);
        }
        catch (LagoException absent) when (absent.IsNotFound(resource))
        {
            return (true, null);
        }
    }

    /// <summary>Every page, each with something new: a server that ignores pages would return the first one for ever.</summary>
    private static async Task<List<T>> PagesAsync<T>(string asked, Func<T, string> key, Func<int, Task<IReadOnlyList<T?>?>> read) where T : class
    {
        var all = new Dictionary<string, T>(StringComparer.Ordinal);
        for (var page = 1; ; page++)
        {
            var (items, known) = (Sound(await read(page), asked), all.Count);
            foreach (var item in items) all[key(item)] = item;
            if (items.Count < PerPage) return [.. all.Values];
            if (all.Count == known) throw LagoException.Unreadable(200, asked, $"page {page} repeats those before");
        }
    }

    private static List<T> Sound<T>(IReadOnlyList<T?>? items, string asked) where T : class =>
        items is not null && !items.Contains(null) ? [.. items.OfType<T>()] : throw LagoException.Unreadable(200, asked, "it is no list of these");

    private static T Checked<T>(T? answer, string? about, string id, string asked) where T : class => answer is not null && about == id
        ? answer : throw LagoException.Unreadable(200, asked, answer is null ? "it is empty" : $"it is not about {id}");

    private static bool IsSegment(string id) => id.Length > 0 && !id.Contains('.', StringComparison.Ordinal);

    // The commands' validators refuse such ids (SyncSubscription); this catches ids without a validator.
    private static string Segment(string id) => IsSegment(id) ? id
        : throw new ArgumentException($"'{id}' cannot be a subscription's id: Lago ends a path at a dot, and without an id it is the path of all.", nameof(id));
}
