using System.Globalization;

namespace BillingMonolith.Journeys.Ledger;

/// <summary>Something that is asked of the ledger. Small numbers, so that everything meets everything.</summary>
internal abstract record Operation
{
    public sealed record Give(IReadOnlyList<Gift> Gifts) : Operation
    {
        public override string ToString() => $"Give [{string.Join(", ", Gifts)}]";
    }

    public sealed record Take(string User, long Credits, string Kind, string Source) : Operation;
    public sealed record Hold(string User, Guid Id, long Credits) : Operation;
    /// <summary>The time of a hold is over.</summary>
    public sealed record Overrun(string User, Guid Id) : Operation;
    public sealed record Settle(string User, Guid Id, long Credits) : Operation;
    public sealed record ClawBack(string User, string Origin, long Credits, string Source) : Operation;
    public sealed record Restore(string User, string Origin, long Credits, string Source) : Operation;
    public sealed record Freeze(string User, string Origin, bool Frozen) : Operation;
    /// <summary>The end of a lot comes: its date, ninety years earlier.</summary>
    public sealed record Pass(string User, string Source) : Operation;
    public sealed record Expire(string User, string Source) : Operation;
}

internal sealed record Gift(string Source, string User, long Credits, int Priority, DateTime? Ends);

/// <summary>Random operations on a few users; the same seed gives the same ones.</summary>
/// <param name="seed">Of the sequence.</param>
/// <param name="timeless">Without holds, freezes and ends: what is left can be put in one order by the numbers of its entries.</param>
internal sealed class Operations(int seed, bool timeless = false)
{
    private static readonly DateTime Past = At(2000, 3);
    private static readonly DateTime?[] Ends = [null, null, At(2090, 1), At(2090, 2), Past];
    private readonly Random random = new(seed);
    private readonly List<Operation> past = [];
    private readonly List<(Guid Id, string User, long Credits)> holds = [];
    private readonly Dictionary<(string User, string Origin), long> clawed = [];
    private (string User, string Source)? ended;
    private (string User, string Origin)? frozen;
    private int sources;

    public string[] Users { get; } = [.. "abc".Select(u => string.Create(CultureInfo.InvariantCulture, $"u{seed}{u}"))];

    public IEnumerable<Guid> Holds => holds.Select(h => h.Id);

    /// <summary>Everybody has an opening balance where <see cref="Opening"/> was done; the others come and come again.</summary>
    public Operation Opening => new Operation.Give([.. Users.Select(u => new Gift(Origins(u).First(), u, 20, 50, Ends: null))]);

    /// <summary>What grants to this user are for.</summary>
    public static IEnumerable<string> Origins(string user) => "01234".Select(n => $"{user}:{n}");

    public Operation Next()
    {
        // As Stripe and impatient callers do: the same again.
        var next = past.Count > 0 && random.Next(10) == 0 ? past[random.Next(past.Count)] : Fresh();
        past.Add(next);
        return next;
    }

    private Operation Fresh()
    {
        var user = Users[random.Next(Users.Length)];
        return random.Next(timeless ? 60 : 100) switch
        {
            < 20 => Give(),
            < 42 => new Operation.Take(user, random.Next(1, 25), random.Next(8) == 0 ? "adjust" : "consume", NewSource("take")),
            < 54 => ClawBack(user),
            < 60 => Restore(user),
            < 71 => Hold(user),
            < 79 when holds.Count > 0 => Settle(),
            < 83 when holds.Count > 0 => Overrun(),
            < 88 => Freeze(user),
            < 94 => Pass(user),
            _ => Expire(user),
        };
    }

    private Operation.Give Give()
    {
        var gifts = Enumerable.Range(0, random.Next(1, 4)).Select(_ => Gift()).ToList();
        return new(timeless ? [.. gifts.DistinctBy(g => g.User)] : gifts);
    }

    private Gift Gift()
    {
        var user = Users[random.Next(Users.Length)];
        // Now and then somebody else's source.
        var source = Origin(random.Next(30) == 0 ? Users[random.Next(Users.Length)] : user);
        var gift = new Gift(source, user, random.Next(1, 30), timeless ? random.Next() : random.Next(2) == 0 ? 10 : 100, timeless ? null : Ends[random.Next(Ends.Length)]);
        if (gift.Ends == Past) ended = (user, source);
        return gift;
    }

    private Operation.ClawBack ClawBack(string user)
    {
        var credits = random.Next(1, 30);
        (user, var origin) = EndedOr(user, of: 3);
        clawed[(user, origin)] = clawed.GetValueOrDefault((user, origin)) + credits;
        return new(user, origin, credits, NewSource("refund"));
    }

    private Operation Restore(string user)
    {
        var restorable = clawed.Where(c => c.Key.User == user && c.Value > 0).ToList();
        if (restorable.Count == 0) return ClawBack(user);
        var (key, most) = restorable[random.Next(restorable.Count)];
        var credits = random.NextInt64(1, most + 1);
        clawed[key] = most - credits;
        return new Operation.Restore(user, key.Origin, credits, NewSource("restore"));
    }

    private Operation.Hold Hold(string user)
    {
        var id = new Guid(seed, (short)(++sources), 0, 0, 0, 0, 0, 0, 0, 0, 0);
        var hold = new Operation.Hold(user, id, random.Next(1, 20));
        holds.Add((id, user, hold.Credits));
        return hold;
    }

    private Operation.Overrun Overrun()
    {
        var (id, user, _) = holds[random.Next(holds.Count)];
        return new(user, id);
    }

    private Operation.Settle Settle()
    {
        var (id, user, held) = holds[random.Next(holds.Count)];
        return new(random.Next(10) == 0 ? Users[random.Next(Users.Length)] : user, id, random.Next(4) switch { 0 => 0, 1 => held, _ => random.NextInt64(-1, held + 3) });
    }

    private Operation.Freeze Freeze(string user)
    {
        if (frozen is { } last && random.Next(2) == 0) return new(last.User, last.Origin, Frozen: false);
        frozen = (user, Origin(user));
        return new(user, frozen.Value.Origin, Frozen: true);
    }

    private Operation.Pass Pass(string user)
    {
        var source = Origin(user);
        ended = (user, source);
        return new(user, source);
    }

    private Operation.Expire Expire(string user)
    {
        (user, var source) = EndedOr(user, of: 2);
        return new(user, source);
    }

    /// <summary>The lot whose end came last, so that things happen to one that has ended; or any.</summary>
    private (string User, string Origin) EndedOr(string user, int of) => ended is { } last && random.Next(of) == 0 ? last : (user, Origin(user));

    private string Origin(string user)
    {
        var few = Origins(user).ToList();
        return few[random.Next(1, few.Count)];
    }

    private string NewSource(string what) => string.Create(CultureInfo.InvariantCulture, $"{what}:{seed}:{++sources}");

    private static DateTime At(int year, int month) => new(year, month, 1, 0, 0, 0, DateTimeKind.Utc);
}
