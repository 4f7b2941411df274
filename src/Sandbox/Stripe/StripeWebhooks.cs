namespace BillingMonolith.Sandbox;

/// <summary>What goes wrong between Stripe and the endpoint, for events that happen from now on.</summary>
internal sealed class StripeDeliveryFaults
{
    /// <summary>How often each event is delivered.</summary>
    public int Repeat { get; set; } = 1;

    /// <summary>Deliveries overtake one another.</summary>
    public bool Shuffle { get; set; }

    /// <summary>Deliveries come late by this much.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Nothing is delivered; the events are listed as undelivered.</summary>
    public bool Drop { get; set; }
}

/// <summary>What is on its way to the endpoints.</summary>
internal sealed class StripeWebhooks(StripeEndpoints endpoints, StripeCourier courier, int seed)
{
    private static readonly TimeSpan ShuffleWithin = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Random random = new(seed);
    private readonly Dictionary<string, HashSet<string>> pending = [];
    private List<StripeLetter>? held;
    private int underWay;
    private TaskCompletionSource quiet = Quiet();

    public StripeDeliveryFaults Faults { get; } = new();

    /// <summary>How many endpoints have not taken this event yet.</summary>
    public long Pending(string eventId)
    {
        lock (gate) return pending.TryGetValue(eventId, out var waiting) ? waiting.Count : 0;
    }

    public void Send(StripeEvent happened)
    {
        foreach (var letter in endpoints.LettersFor(happened))
        {
            lock (gate)
            {
                if (!pending.TryGetValue(happened.Id, out var waiting)) pending[happened.Id] = waiting = [];
                waiting.Add(letter.EndpointId);
                if (Faults.Drop) continue;
                if (held is not null) held.Add(letter);
                else for (var n = 0; n < Faults.Repeat; n++) Dispatch(letter);
            }
        }
    }

    /// <summary>One delivery to each endpoint, whatever was delivered before.</summary>
    public Task<StripeAttempt[]> DeliverAsync(StripeEvent happened, int times) =>
        Task.WhenAll(endpoints.LettersFor(happened).SelectMany(letter => Enumerable.Range(0, times).Select(_ => OnceAsync(letter))));

    public void Hold()
    {
        lock (gate) held ??= [];
    }

    /// <summary>Delivers what was held, one after the other, in this order of event ids; null = as they happened. Those not named stay undelivered.</summary>
    public async Task ReleaseAsync(IEnumerable<string>? order)
    {
        List<StripeLetter> letters;
        lock (gate)
        {
            letters = held ?? [];
            held = null;
        }

        if (order is not null) letters = [.. order.SelectMany(id => letters.Where(l => l.Event.Id == id))];
        foreach (var letter in letters) await CarryAsync(letter, TimeSpan.Zero);
    }

    /// <summary>Ends when every delivery under way was acknowledged. Held and dropped ones are not under way.</summary>
    public Task WaitForQuietAsync(TimeSpan timeout)
    {
        lock (gate) return underWay == 0 ? Task.CompletedTask : quiet.Task.WaitAsync(timeout);
    }

    private static TaskCompletionSource Quiet() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Dispatch(StripeLetter letter) =>
        _ = CarryAsync(letter, Faults.Delay + (Faults.Shuffle ? random.NextDouble() * ShuffleWithin : TimeSpan.Zero));

    private Task CarryAsync(StripeLetter letter, TimeSpan delay)
    {
        lock (gate)
        {
            if (underWay++ == 0) quiet = Quiet();
        }

        return Task.Run(async () =>
        {
            try
            {
                if (await courier.DeliverAsync(letter, delay, () => endpoints.Has(letter.EndpointId))) Acknowledge(letter);
            }
            finally
            {
                lock (gate)
                {
                    if (--underWay == 0) quiet.SetResult();
                }
            }
        });
    }

    private async Task<StripeAttempt> OnceAsync(StripeLetter letter)
    {
        var attempt = await courier.TryOnceAsync(letter);
        if (attempt.Taken) Acknowledge(letter);
        return attempt;
    }

    private void Acknowledge(StripeLetter letter)
    {
        lock (gate)
        {
            if (pending.TryGetValue(letter.Event.Id, out var waiting) && waiting.Remove(letter.EndpointId) && waiting.Count == 0)
                pending.Remove(letter.Event.Id);
        }
    }
}
