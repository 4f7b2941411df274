using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Lago;

/// <summary>
/// <c>POST /subscriptions</c> and its kin (subscriptions/create_service.rb, plan_upgrade_service.rb, plan_downgrade_service.rb, terminate_service.rb).
/// Lago works under a row lock on the customer; here one lock serves all customers.
/// </summary>
internal sealed class LagoSubscriptions(TimeProvider time, LagoCustomers customers, LagoPlans plans)
{
    private readonly Lock customerLock = new();
    private readonly List<LagoSubscription> all = [];

    public LagoCustomers Customers => customers;

    public LagoPlans Plans => plans;

    /// <summary>What there is, oldest first, after what the clock has brought about.</summary>
    public IReadOnlyList<LagoSubscription> All
    {
        get
        {
            lock (customerLock)
            {
                Settle();
                return [.. all];
            }
        }
    }

    /// <summary>The newest with this external id and status; null status = active.</summary>
    public LagoSubscription Get(string externalId, string? status) =>
        All.LastOrDefault(s => s.ExternalId == externalId && s.Status == (status ?? "active")) ?? throw LagoRefusal.NotFound("subscription");

    public LagoSubscription Create(JsonObject input)
    {
        var plan = plans.Get(input.Text("plan_code"));
        var request = LagoSubscriptionRequest.Read(input, time.GetUtcNow());
        var customer = customers.GetOrAdd(request.ExternalCustomerId);
        customers.SetCurrencyWhenBlank(customer.ExternalId, plan.Currency);
        lock (customerLock)
        {
            Settle();
            var current = all.FindLast(s => s.ExternalCustomerId == customer.ExternalId && s.ExternalId == request.ExternalId
                && (s.Status == "active" || s is { Status: "pending", Previous: null }));
            if (current is null && all.Exists(s => s.Status == "active" && s.ExternalId == request.ExternalId))
                throw LagoRefusal.Invalid("external_id", "value_already_exist");
            return current is null ? Start(request, customer, plan) : Change(current, plan, request.Name);
        }
    }

    public LagoSubscription Update(string externalId, string? status, JsonObject input)
    {
        lock (customerLock)
        {
            var subscription = Get(externalId, status);
            if (input.ContainsKey("plan_overrides")) throw LagoRefusal.PremiumOnly();
            var (startsAt, endingAt) = LagoSubscriptionRequest.Dates(input, subscription.SubscriptionAt, time.GetUtcNow());
            var isFuture = subscription is { Status: "pending", Previous: null };
            return Put(subscription, subscription with
            {
                Name = input.ContainsKey("name") ? input.Text("name") ?? "" : subscription.Name,
                EndingAt = input.ContainsKey("ending_at") ? endingAt : subscription.EndingAt,
                SubscriptionAt = isFuture ? startsAt : subscription.SubscriptionAt,
                DueAt = isFuture ? startsAt : subscription.DueAt,
                OnTerminationCreditNote = input.Text("on_termination_credit_note") ?? subscription.OnTerminationCreditNote,
                OnTerminationInvoice = input.Text("on_termination_invoice") ?? subscription.OnTerminationInvoice,
            });
        }
    }

    /// <summary>Terminates an active one now, with what was scheduled after it; cancels a pending one.</summary>
    public LagoSubscription Terminate(string externalId, string? status)
    {
        lock (customerLock)
        {
            var subscription = Get(externalId, status);
            if (subscription.Status == "pending") return Cancel(subscription);
            if (subscription.Status != "active") return subscription;
            CancelNext(subscription);
            return Put(subscription, Ended(subscription, time.GetUtcNow()));
        }
    }

    private LagoSubscription Start(LagoSubscriptionRequest request, LagoCustomer customer, LagoPlan plan)
    {
        var now = time.GetUtcNow();
        var isFuture = request.SubscriptionAt.UtcDateTime.Date > now.UtcDateTime.Date;
        var subscription = new LagoSubscription(request.ExternalId, customer, plan, now)
        {
            Name = request.Name,
            BillingTime = request.BillingTime,
            SubscriptionAt = request.SubscriptionAt,
            EndingAt = request.EndingAt,
            Status = isFuture ? "pending" : "active",
            StartedAt = isFuture ? null : request.SubscriptionAt,
            DueAt = isFuture ? request.SubscriptionAt : null,
        };
        all.Add(subscription);
        return subscription;
    }

    private LagoSubscription Change(LagoSubscription current, LagoPlan plan, string name)
    {
        if (current.Plan.Code == plan.Code) return current;
        if (current.Status == "pending") return Put(current, current with { Plan = plan, Name = name.Length > 0 ? name : current.Name });

        CancelNext(current);
        var now = time.GetUtcNow();
        var next = current with
        {
            LagoId = Guid.NewGuid(), Plan = plan, Name = name, CreatedAt = now, Previous = current, NextPlanCode = null, DowngradePlanDate = null,
        };
        if (plan.YearlyAmountCents >= current.Plan.YearlyAmountCents)
        {
            Put(current, current with { Status = "terminated", TerminatedAt = now, NextPlanCode = plan.Code, DowngradePlanDate = null });
            all.Add(next = next with { StartedAt = now });
            return next;
        }

        var due = LagoSubscription.Utc(current.PeriodAt(now).NextStart);
        all.Add(next with { Status = "pending", StartedAt = null, DueAt = due });
        return Put(current, current with { NextPlanCode = plan.Code, DowngradePlanDate = DateOnly.FromDateTime(due.UtcDateTime) });
    }

    private static LagoSubscription Ended(LagoSubscription subscription, DateTimeOffset? at) =>
        subscription with { Status = "terminated", TerminatedAt = at, NextPlanCode = null, DowngradePlanDate = null };

    private void CancelNext(LagoSubscription current)
    {
        if (all.Find(s => s.Status == "pending" && s.Previous?.LagoId == current.LagoId) is { } next) Cancel(next);
    }

    private LagoSubscription Cancel(LagoSubscription pending)
    {
        if (all.Find(s => s.LagoId == pending.Previous?.LagoId) is { } previous)
            Put(previous, previous with { NextPlanCode = null, DowngradePlanDate = null });
        return Put(pending, pending with { Status = "canceled", CanceledAt = time.GetUtcNow() });
    }

    // Lago's clock jobs, evaluated on read: what is due starts, in place of what it follows; what has an end ends.
    private void Settle()
    {
        var now = time.GetUtcNow();
        foreach (var due in all.Where(s => s.Status == "pending" && s.DueAt <= now).ToList())
        {
            if (all.Find(s => s.LagoId == due.Previous?.LagoId) is { } previous)
                Put(previous, previous with { Status = "terminated", TerminatedAt = due.DueAt, DowngradePlanDate = null });
            Put(due, due with { Status = "active", StartedAt = due.DueAt });
        }

        foreach (var ended in all.Where(s => s.Status == "active" && s.EndingAt <= now).ToList())
        {
            CancelNext(ended);
            Put(ended, Ended(ended, ended.EndingAt));
        }
    }

    private LagoSubscription Put(LagoSubscription old, LagoSubscription changed) => all[all.FindIndex(s => s.LagoId == old.LagoId)] = changed;
}
