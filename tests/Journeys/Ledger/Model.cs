namespace BillingMonolith.Journeys.Ledger;

/// <summary>
/// The ledger as the contract tells it, in memory: credits are lots that burn by priority, end and age; what was taken back after it was spent is
/// a debt that whatever is free repays. Written from the words, not from the SQL.
/// </summary>
/// <param name="now">The hour, all the time.</param>
/// <param name="ages">How old the lots are, by source; null = in the order of their making.</param>
internal sealed class Model(DateTime now, IReadOnlyDictionary<string, long>? ages = null)
{
    public const string Known = "known", Refused = "refused", Nothing = "nothing";
    private readonly List<Lot> lots = []; // the oldest first
    private readonly Dictionary<Guid, Held> holds = [];
    private readonly Dictionary<string, long> debts = [];
    private readonly HashSet<string> used = [];
    private readonly Dictionary<(string User, string Origin), Back> backs = [];

    public string Apply(Operation operation) => operation switch
    {
        Operation.Give o => Give(o),
        Operation.Take o => Take(o),
        Operation.Hold o => Hold(o),
        Operation.Overrun o => Overrun(o),
        Operation.Settle o => Settle(o),
        Operation.ClawBack o => Once(o.Source, () => ClawBack(o)),
        Operation.Restore o => Once(o.Source, () => Restore(o)),
        Operation.Freeze o => Freeze(o),
        Operation.Pass o => Pass(o),
        Operation.Expire o => Expire(o),
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    /// <summary>One line per account, lot and hold, as <see cref="Real.StateAsync"/> writes them.</summary>
    public string State() => string.Join('\n', debts.Select(d => $"{d.Key}: {Balance(d.Key)} owes {d.Value}, by entry {Balance(d.Key)} owes {d.Value}")
        .Concat(lots.Select(l => $"{l.User} {l.Source}: {l.Remaining} of {l.Amount}, held {l.Held}{(l.Frozen ? ", frozen" : "")}"))
        .Concat(holds.Select(h => $"{h.Value.User} {h.Key}: {h.Value.State} {h.Value.Committed}"))
        .Order(StringComparer.Ordinal));

    private string Give(Operation.Give give)
    {
        var fresh = give.Gifts.Where(g => used.Add(g.Source)).OrderBy(g => g.Source, StringComparer.Ordinal)
            .Select(g => new Lot(g.Source, g.Source, g.User, g.Credits, g.Priority) { Ends = g.Ends }).ToList();
        var answers = new List<string>();
        foreach (var lot in fresh) answers.Add($"{lot.Source} {Add(lot)}");
        foreach (var lot in fresh) Repay(lot.User);
        return answers.Count == 0 ? Known : string.Join(", ", answers.Order(StringComparer.Ordinal));
    }

    private string Take(Operation.Take o)
    {
        if (used.Contains(o.Source) && Available(o.User) >= o.Credits) return Known;
        Lapse(o.User);
        var plan = Plan(o.User, o.Credits, Burns);
        if (plan.Sum(p => p.Part) < o.Credits) return Refused;
        used.Add(o.Source);
        return Burn(plan, o.User);
    }

    private string Hold(Operation.Hold o)
    {
        if (holds.ContainsKey(o.Id) && Available(o.User) >= o.Credits) return Known;
        Lapse(o.User);
        var plan = Plan(o.User, o.Credits, Burns);
        if (plan.Sum(p => p.Part) < o.Credits) return Refused;
        foreach (var (lot, part) in plan) lot.Held += part;
        holds[o.Id] = new Held(o.User, o.Credits, plan);
        return "held 0";
    }

    private string Overrun(Operation.Overrun o)
    {
        if (holds.TryGetValue(o.Id, out var hold)) hold.Overdue = true;
        return Nothing;
    }

    private string Settle(Operation.Settle o)
    {
        Lapse(o.User);
        if (holds.GetValueOrDefault(o.Id) is not { } hold || hold.User != o.User) return Nothing;
        if (hold.State == "held" && o.Credits >= 0 && o.Credits <= hold.Amount)
        {
            hold.End(o.Credits > 0 ? "committed" : "released");
            hold.Committed = o.Credits;
            var due = o.Credits;
            foreach (var (lot, part) in hold.Parts)
            {
                lot.Remaining -= Math.Min(part, due);
                due -= Math.Min(part, due);
            }

            Repay(o.User);
        }

        return $"{hold.State} {hold.Committed}";
    }

    private string ClawBack(Operation.ClawBack o)
    {
        Lapse(o.User);
        var (plan, back) = (Plan(o.User, o.Credits, l => l.Origin == o.Origin), BackOf(o.User, o.Origin));
        var taken = plan.Sum(p => p.Part);
        var gone = Math.Min(o.Credits - taken, back.Ended); // given back already
        back.Ended -= gone;
        back.Counted += gone;
        back.Taken += o.Credits - gone;
        debts[o.User] = debts.GetValueOrDefault(o.User) + o.Credits - taken - gone;
        var answer = Burn(plan, o.User);
        Repay(o.User);
        return answer;
    }

    private string Restore(Operation.Restore o)
    {
        // What had ended stays ended; of it, only so much as the rest does not make up.
        var back = BackOf(o.User, o.Origin);
        var gone = Math.Min(back.Counted, Math.Max(o.Credits - back.Taken, 0));
        back.Ended += gone;
        back.Counted -= gone;
        back.Taken -= o.Credits - gone;
        var settled = Math.Min(debts[o.User], o.Credits - gone);
        debts[o.User] -= settled;
        if (settled == o.Credits - gone) return $"{Balance(o.User)}";
        // On the terms of the grant; when it has not come yet, on those of a purchase.
        var like = Of(o.User).FirstOrDefault(l => l.Origin == o.Origin);
        return $"{Add(new Lot(o.Source, o.Origin, o.User, o.Credits - gone - settled, like?.Priority ?? 100) { Ends = like?.Ends, Frozen = like?.Frozen ?? false })}";
    }

    private string Freeze(Operation.Freeze o)
    {
        foreach (var lot in Of(o.User).Where(l => l.Origin == o.Origin)) lot.Frozen = o.Frozen;
        if (!o.Frozen) Repay(o.User);
        return Nothing;
    }

    private string Pass(Operation.Pass o)
    {
        foreach (var lot in Of(o.User).Where(l => l.Source == o.Source && l.Ends > now)) lot.Ends = lot.Ends!.Value.AddYears(-90);
        return Nothing;
    }

    private string Expire(Operation.Expire o)
    {
        if (!Of(o.User).Any(l => l.Source == o.Source)) return Nothing;
        Lapse(o.User);
        var lot = Of(o.User).FirstOrDefault(l => l.Source == o.Source && l.Ends <= now && !l.Frozen && l.Free > 0);
        if (lot is null) return Nothing;
        var gone = lot.Free;
        lot.Remaining -= gone;
        BackOf(o.User, lot.Origin).Ended += gone;
        return $"-{gone}, {Balance(o.User)}";
    }

    private string Once(string source, Func<string> act) => used.Add(source) ? act() : Known;

    /// <summary>What could be taken. A refusal for a known source undoes all, with the end of overdue holds; one for want of credits does not.</summary>
    private long Available(string user) => Of(user).Where(Burns).Sum(l => l.Free) - debts.GetValueOrDefault(user)
        + holds.Values.Where(h => h.User == user && h is { State: "held", Overdue: true }).SelectMany(h => h.Parts).Where(p => Burns(p.Lot)).Sum(p => p.Part);

    private void Lapse(string user)
    {
        foreach (var hold in holds.Values.Where(h => h.User == user && h is { State: "held", Overdue: true })) hold.End("expired");
        Repay(user);
    }

    private void Repay(string user)
    {
        if (debts.GetValueOrDefault(user) == 0) return;
        var plan = Plan(user, debts[user], Burns);
        debts[user] -= plan.Sum(p => p.Part);
        Burn(plan, user);
    }

    private bool Burns(Lot lot) => !lot.Frozen && !(lot.Ends <= now);

    private List<(Lot Lot, long Part)> Plan(string user, long credits, Func<Lot, bool> which)
    {
        var plan = new List<(Lot, long)>();
        foreach (var lot in Of(user).Where(which).Where(l => l.Free > 0).OrderBy(l => l.Priority).ThenBy(l => l.Ends ?? DateTime.MaxValue)) // stable: then the oldest
        {
            var part = Math.Min(lot.Free, credits);
            if (part > 0) plan.Add((lot, part));
            credits -= part;
        }

        return plan;
    }

    private string Burn(List<(Lot Lot, long Part)> plan, string user)
    {
        foreach (var (lot, part) in plan) lot.Remaining -= part;
        return $"{Balance(user)}";
    }

    private long Add(Lot lot)
    {
        lots.Insert(ages is null ? lots.Count : lots.Count(l => ages[l.Source] < ages[lot.Source]), lot);
        debts.TryAdd(lot.User, 0);
        return Balance(lot.User);
    }

    private long Balance(string user) => Of(user).Sum(l => l.Remaining);

    private Back BackOf(string user, string origin) => backs.TryGetValue((user, origin), out var back) ? back : backs[(user, origin)] = new Back();

    private IEnumerable<Lot> Of(string user) => lots.Where(l => l.User == user);

    private sealed record Lot(string Source, string Origin, string User, long Amount, int Priority)
    {
        public long Remaining { get; set; } = Amount;
        public long Held { get; set; }
        public bool Frozen { get; set; }
        public DateTime? Ends { get; set; }
        public long Free => Remaining - Held;
    }

    /// <summary>What ended of a grant and no refund has counted yet, what refunds counted of it, and what they took or let owe.</summary>
    private sealed class Back
    {
        public long Ended { get; set; }
        public long Counted { get; set; }
        public long Taken { get; set; }
    }

    private sealed record Held(string User, long Amount, List<(Lot Lot, long Part)> Parts)
    {
        public bool Overdue { get; set; }
        public string State { get; private set; } = "held";
        public long Committed { get; set; }

        public void End(string state)
        {
            State = state;
            foreach (var (lot, part) in Parts) lot.Held -= part;
        }
    }
}
