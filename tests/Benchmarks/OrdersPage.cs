using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;
using Dapper;
using Npgsql;

namespace BillingMonolith.Benchmarks;

/// <summary>
/// The request of a page of one's own orders, twenty of many, token check and JSON included: this host against another build's, turn by turn on the same
/// database. And what each needs to be there: until it listens, for the first page, in memory.
/// </summary>
internal static class OrdersPage
{
    private const int Turns = 15;
    private const int Requests = 300;
    private const int WarmUps = 1_500;
    private const int Starts = 3;
    private const string Path = "/api/v1/orders?limit=20";
    private const string Ours = "BillingMonolith.Host.dll";

    /// <param name="run">The run.</param>
    /// <param name="against">Another build's <c>BillingMonolith.Host.dll</c>; null = this one, once more: then the ratio is the noise.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyList<Finding>> MeasureAsync(Run run, string? against, CancellationToken cancellationToken)
    {
        await using var world = await World.CreateAsync(await run.NewDatabaseAsync(), extra: Load.WithoutMail);
        await FillAsync(world.ConnectionString);
        string[] programs = [Ours, System.IO.Path.GetFullPath(against ?? Ours, AppContext.BaseDirectory)];
        var needs = new List<Need>();
        for (var start = 0; start < Starts; start++)
        {
            foreach (var program in programs)
            {
                await using var fresh = await StartAsync(world, program, cancellationToken);
                needs.Add(fresh.Need with { Program = program });
            }
        }

        await using var ours = await StartAsync(world, programs[0], cancellationToken);
        await using var theirs = await StartAsync(world, programs[1], cancellationToken);
        foreach (var asked in (Asked[])[ours, theirs]) await asked.TimeAsync(WarmUps);
        var (here, there, cpu) = (new List<double>(), new List<double>(), new List<double>());
        for (var turn = 0; turn < Turns; turn++)
        {
            var (a, b) = (await ours.TimeAsync(Requests), await theirs.TimeAsync(Requests));
            here.Add(a.Microseconds);
            there.Add(b.Microseconds);
            cpu.Add(a.Cpu / b.Cpu);
        }

        var other = against is null ? "this host again" : "the other build";
        return
        [
            new("Page of one's own orders, HTTP", Micro(here), $"{other}: {Micro(there)}", Run.Median(here.Zip(there, (h, t) => h / t)), AtMost: 1.5),
            new("… processor time of the host", "", other, Run.Median(cpu)),
            Compare("Start until it listens", n => n.Listening, "ms"),
            Compare("First page after the start", n => n.FirstPage, "ms"),
            Compare("Resident memory after the first page", n => n.Megabytes, "MB"),
            new("Resident memory after all pages", $"{ours.Megabytes():0} MB", $"{other}: {theirs.Megabytes():0} MB", ours.Megabytes() / theirs.Megabytes()),
        ];

        Finding Compare(string what, Func<Need, double> of, string unit)
        {
            var (mine, its) = (Run.Median(needs.Where(n => n.Program == programs[0]).Select(of)), Run.Median(needs.Where(n => n.Program == programs[1]).Select(of)));
            return new(what, $"{mine:0} {unit}", $"{other}: {its:0} {unit}", mine / its);
        }
    }

    private static string Micro(List<double> times) => string.Create(CultureInfo.InvariantCulture, $"{Run.Median(times):0} µs");

    private static async Task<Asked> StartAsync(World world, string program, CancellationToken cancellationToken)
    {
        var environment = new Dictionary<string, string?>(world.Settings) { ["ASPNETCORE_URLS"] = "http://127.0.0.1:0", ["Limits__ApiPerMinute"] = "1000000" };
        var watch = Stopwatch.StartNew();
        var host = await HostProcess.StartAsync(environment, cancellationToken, program);
        var listening = watch.Elapsed.TotalMilliseconds;
        var asked = new Asked(host, world.Keycloak.AccessTokenFor(DemoUsers.Buyer));
        watch.Restart();
        await asked.GetAsync();
        asked.Need = new("", listening, watch.Elapsed.TotalMilliseconds, asked.Megabytes());
        return asked;
    }

    private static async Task FillAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await connection.ExecuteAsync("""
            INSERT INTO orders (stripe_session_id, kind, user_id, customer_email, customer_name, tier, items, shipping, amount_minor, currency, created_at)
            SELECT 'cs_' || g, 'dfy', CASE g % 100 WHEN 0 THEN @Id ELSE 'user-' || g % 200 END, 'u@example.com', 'Name ' || g, 'PLAN',
              '[{"Description":"Work","Quantity":1,"AmountSubtotalMinor":4900,"AmountTotalMinor":4900,"StripePriceId":"price_1","StripeProductId":"prod_1"},
                {"Description":"More","Quantity":2,"AmountSubtotalMinor":100,"AmountTotalMinor":100,"StripePriceId":"price_2","StripeProductId":"prod_2"}]',
              '{"Name":"Ada","Line1":"Street 1","City":"Town","PostalCode":"1","Country":"DE"}', 5000, 'eur', now() - g * interval '1 minute'
            FROM generate_series(1, 20000) g
            """, new { DemoUsers.Buyer.Id });
        await connection.ExecuteAsync("VACUUM ANALYZE orders");
    }

    private sealed record Need(string Program, double Listening, double FirstPage, double Megabytes);

    /// <summary>A host and somebody who asks it.</summary>
    private sealed class Asked : IAsyncDisposable
    {
        private readonly HostProcess host;
        private readonly string token;
        private readonly HttpMessageInvoker http = new(new SocketsHttpHandler());

        public Asked(HostProcess host, string token) => (this.host, this.token) = (host, token);

        public Need Need { get; set; } = null!;

        public async Task GetAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, host.Url + Path);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = await http.SendAsync(request, CancellationToken.None);
            var body = await answer.Content.ReadAsStringAsync();
            if (!answer.IsSuccessStatusCode || !body.Contains("next_cursor\":\"", StringComparison.Ordinal)) throw new InvalidOperationException(body);
        }

        /// <summary>Of one request: microseconds on the clock, and of the host's processor time.</summary>
        public async Task<(double Microseconds, double Cpu)> TimeAsync(int requests)
        {
            var (cpu, started) = (Benchmarks.Cpu.OfProcess(host.Id), Stopwatch.GetTimestamp());
            for (var i = 0; i < requests; i++) await GetAsync();
            return (Stopwatch.GetElapsedTime(started).TotalMicroseconds / requests, (Benchmarks.Cpu.OfProcess(host.Id) - cpu) * 1e6 / requests);
        }

        public double Megabytes() => Memory.Resident(host.Id);

        public async ValueTask DisposeAsync()
        {
            http.Dispose();
            await host.DisposeAsync();
        }
    }
}
