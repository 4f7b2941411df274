using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>
/// The account: all its objects in the shape of the newest version, its ids, its time and what falls due.
/// One thread at a time is inside (<see cref="Do{T}"/>), so that behaviour reads as if nobody else were there.
/// </summary>
internal sealed class StripeStore(TimeProvider time, int seed)
{
    private const string Letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly Lock gate = new();
    private readonly Random random = new(seed);
    private readonly Dictionary<string, JsonObject> byId = [];
    private readonly Dictionary<string, List<JsonObject>> byKind = [];
    private readonly PriorityQueue<Action, (long At, long Order)> due = new();
    private long order;
    private long? playing;

    /// <summary>The version with which the account was opened: of requests and endpoints that name none, and of the events that are listed.</summary>
    public string ApiVersion { get; set; } = StripeRendering.Clover;

    /// <summary>Unix seconds; the second at which a thing fell due, while it is carried out later.</summary>
    public long Now => playing ?? time.GetUtcNow().ToUnixTimeSeconds();

    public T Do<T>(Func<T> work)
    {
        if (gate.IsHeldByCurrentThread) return work();
        lock (gate)
        {
            CatchUp();
            return work();
        }
    }

    public void Do(Action work) => Do(() =>
    {
        work();
        return true;
    });

    /// <summary>The payment intent of an invoice, and the invoice of a payment intent.</summary>
    public Dictionary<string, string> PaidWith { get; } = [];

    /// <summary>Has this done when its second comes; the action checks whether it is still wanted.</summary>
    public void Schedule(long at, Action action) => due.Enqueue(action, (at, order++));

    /// <summary>An id such as Stripe makes: a prefix and random letters.</summary>
    public string NewId(string prefix, int length = 24)
    {
        lock (random) return prefix + new string(random.GetItems<char>(Letters, length));
    }

    public JsonObject Add(JsonObject created)
    {
        byId[created.Name("id")] = created;
        if (!byKind.TryGetValue(created.Name("object"), out var list)) byKind[created.Name("object")] = list = [];
        list.Add(created);
        return created;
    }

    public void Remove(JsonObject gone)
    {
        byId.Remove(gone.Name("id"));
        byKind[gone.Name("object")].Remove(gone);
    }

    /// <summary>All of a kind, newest first, as lists are.</summary>
    public IEnumerable<JsonObject> All(string kind) => byKind.TryGetValue(kind, out var list) ? Enumerable.Reverse(list) : [];

    public JsonObject? TryFind(string? id) => id is null ? null : byId.GetValueOrDefault(id);

    /// <summary>What the path or a parameter names; a parameter cannot name what was deleted.</summary>
    public JsonObject Find(string kind, string? id, string param = "id") =>
        TryFind(id) is { } found && found.Name("object") == kind && (param == "id" || !found.ContainsKey("deleted"))
            ? found : throw StripeFault.Missing(kind.Split('.')[^1], id, param);

    /// <summary>The id that a list is filtered by, null when it is not. What it names exists, or did.</summary>
    public string? Filter(StripeForm form, string name, string? kind = null) => form.Text(name) is not { Length: > 0 } id ? null
        : TryFind(id)?.Name("object") == (kind ?? name) ? id : throw StripeFault.Missing(kind ?? name, id, form.PathOf(name));

    /// <summary>All of a kind that name what the list is filtered by, each filter being called as the kind that it names.</summary>
    public IEnumerable<JsonObject> All(string kind, StripeForm filters, params ReadOnlySpan<string> names)
    {
        var wanted = new List<(string Name, string Id)>();
        foreach (var name in names)
        {
            if (Filter(filters, name) is { } id) wanted.Add((name, id));
        }

        return All(kind).Where(thing => wanted.TrueForAll(w => thing.Text(w.Name) == w.Id));
    }

    private void CatchUp()
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        while (due.TryPeek(out var action, out var at) && at.At <= now)
        {
            due.Dequeue();
            playing = at.At;
            try
            {
                action();
            }
            finally
            {
                playing = null;
            }
        }
    }
}
