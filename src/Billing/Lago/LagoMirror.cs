namespace BillingMonolith.Billing.Lago;

/// <summary>Brings Lago to the state at Stripe: reads first, then changes only the differences. Every step may be repeated or lost half-way.</summary>
internal sealed class LagoMirror(LagoClient lago)
{
    /// <summary>The customer (external id = user id) exists, with this name, e-mail and currency, whichever event came first.</summary>
    public async Task EnsureCustomerAsync(SyncSubscription wanted, CancellationToken cancellationToken)
    {
        var currency = wanted.Currency?.ToUpperInvariant();
        var customer = await lago.FindCustomerAsync(wanted.UserId, cancellationToken) ?? await CreateCustomerAsync(wanted, currency, cancellationToken);
        var change = new LagoCustomerInput(wanted.UserId)
        {
            Name = customer.Name == wanted.Name ? null : wanted.Name,
            Email = customer.Email == wanted.Email ? null : wanted.Email,
            Currency = customer.Currency == currency ? null : currency,
        };
        if (change is not { Name: null, Email: null, Currency: null }) await lago.UpsertCustomerAsync(change, cancellationToken);
    }

    /// <summary>
    /// The subscription (external id = Stripe's) is active on this plan now. Lago would only schedule a cheaper plan for the period's end, but Stripe
    /// decides when a plan takes effect: so the old one is ended, together with any scheduled one, and the new one begun. After a crash in between
    /// none is active, and the next attempt begins it.
    /// </summary>
    public async Task<string> EnsureSubscribedAsync(SyncSubscription wanted, string planCode, CancellationToken cancellationToken)
    {
        var active = await FindOwnAsync(wanted, cancellationToken);
        if (active?.PlanCode == planCode)
        {
            // Somebody scheduled another plan: Lago would answer a POST of this one unchanged, and switch all the same.
            if (active.NextPlanCode is not null) await lago.CancelPendingAsync(wanted.SubscriptionId, cancellationToken);
            return planCode;
        }

        if ((await SubscribeAsync(wanted, planCode, cancellationToken)).PlanCode == planCode) return planCode;
        await lago.TerminateAsync(wanted.SubscriptionId, cancellationToken);
        return (await SubscribeAsync(wanted, planCode, cancellationToken)).PlanCode;
    }

    /// <summary>Ends all billing, present and scheduled.</summary>
    public async Task EnsureEndedAsync(SyncSubscription wanted, CancellationToken cancellationToken)
    {
        // Ending the active one also ends the one scheduled after it; a pending one without an active one stands alone.
        if (await FindOwnAsync(wanted, cancellationToken) is not null)
            await lago.TerminateAsync(wanted.SubscriptionId, cancellationToken);
        else if ((await lago.FindPendingAsync(wanted.SubscriptionId, cancellationToken))?.ExternalCustomerId == wanted.UserId)
            await lago.CancelPendingAsync(wanted.SubscriptionId, cancellationToken);
    }

    /// <summary>The billed plan, read only; null = none.</summary>
    public async Task<string?> LookAsync(SyncSubscription wanted, CancellationToken cancellationToken) =>
        (await FindOwnAsync(wanted, cancellationToken))?.PlanCode;

    private async Task<LagoCustomer> CreateCustomerAsync(SyncSubscription wanted, string? currency, CancellationToken cancellationToken)
    {
        try
        {
            return await lago.UpsertCustomerAsync(
                new LagoCustomerInput(wanted.UserId)
                {
                    Name = wanted.Name,
                    Email = wanted.Email,
                    Currency = currency,
                    Metadata = [new LagoMetadata("stripe_customer", wanted.CustomerId)],
                },
                cancellationToken);
        }
        catch (LagoException taken) when (taken.Says("external_id", "value_already_exist") || taken.Says("key", "value_already_exist"))
        {
            // Another call was faster, or ours was applied and its answer lost.
            return await lago.FindCustomerAsync(wanted.UserId, cancellationToken)
                ?? throw LagoException.Unreadable(taken.Status, "POST /customers", "it says that the customer exists, and does not find it", taken);
        }
    }

    private async Task<LagoSubscription> SubscribeAsync(SyncSubscription wanted, string planCode, CancellationToken cancellationToken)
    {
        try
        {
            return await lago.SubscribeAsync(new LagoSubscriptionInput(wanted.SubscriptionId, wanted.UserId, planCode), cancellationToken);
        }
        catch (LagoException taken) when (taken.Says("external_id", "value_already_exist"))
        {
            return await FindOwnAsync(wanted, cancellationToken)
                ?? throw LagoException.Unreadable(taken.Status, "POST /subscriptions", "it says that the subscription exists, and does not find it", taken);
        }
    }

    private async Task<LagoSubscription?> FindOwnAsync(SyncSubscription wanted, CancellationToken cancellationToken)
    {
        var active = await lago.FindSubscriptionAsync(wanted.SubscriptionId, cancellationToken);
        return active is null || active.ExternalCustomerId == wanted.UserId
            ? active
            : throw new ForeignSubscriptionException(wanted.SubscriptionId, active.ExternalCustomerId);
    }
}

/// <summary>The external id is in use by another customer; only a person can tell who is right.</summary>
internal sealed class ForeignSubscriptionException(string subscriptionId, string owner) : Exception(
    $"Lago has the subscription {subscriptionId} under another customer ({owner}). Find out whose it is, terminate it there or correct the user, then replay.");
