using System.Diagnostics;
using System.Net;
using System.Text;
using BillingMonolith.Host.Webhook;
using BillingMonolith.Sandbox;
using BillingMonolith.Sandbox.Keycloak;
using Dapper;
using Npgsql;

namespace BillingMonolith.Journeys.Kit;

/// <summary>
/// A world of its own for one test: a database, stand-ins, and hosts as processes that can be killed. What goes in goes in over HTTP; what
/// came of it is read from the database and from what the stand-ins hold.
/// </summary>
internal sealed class Journey : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private static readonly HttpMessageInvoker Http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 256 });

    /// <summary>Fast retries, so that healing takes milliseconds, and no mail; everything else as in production.</summary>
    private static readonly Dictionary<string, string?> Fast = new()
    {
        ["Inbox__FirstDelaySeconds"] = "0.05", ["Inbox__MaxDelaySeconds"] = "0.5", ["Webhooks__FirstDelaySeconds"] = "0.001", ["Mail__SmtpUrl"] = "",
    };

    /// <summary>For journeys with mail: what is sent is then in <see cref="World.Mail"/>.</summary>
    public static KeyValuePair<string, string?> WithMail { get; } = new("Mail__SmtpUrl", null);

    private Journey(World world, string database)
    {
        World = world;
        Database = database;
        Db = NpgsqlDataSource.Create(world.ConnectionString);
    }

    public World World { get; }
    /// <summary>The name of the database.</summary>
    public string Database { get; }
    public NpgsqlDataSource Db { get; }

    public static ShopUser Ada { get; } = Shopper(DemoUsers.Buyer);
    public static ShopUser Grace { get; } = Shopper(DemoUsers.Grace);

    public static ShopUser Shopper(KeycloakUser user) => new(user.Id, $"{user.FirstName} {user.LastName}", user.Email!);

    /// <param name="cluster">Where the database is made.</param>
    /// <param name="hosts">How many hosts start at once.</param>
    /// <param name="settings">On top of <see cref="Fast"/>.</param>
    public static async Task<Journey> StartAsync(Cluster cluster, int hosts = 1, Dictionary<string, string?>? settings = null)
    {
        var database = await cluster.NewDatabaseAsync();
        return await StartAsync(cluster.Postgres.ConnectionString(database), database, hosts, settings);
    }

    /// <summary>On a server of the test's own, which it may harm.</summary>
    public static async Task<Journey> StartAsync(string connectionString, string database, int hosts = 1, Dictionary<string, string?>? settings = null)
    {
        var all = new Dictionary<string, string?>(Fast);
        foreach (var (key, value) in settings ?? []) all[key] = value;
        if (all[WithMail.Key] is null) all.Remove(WithMail.Key);
        var world = await World.CreateAsync(connectionString, ports: null, all);
        var journey = new Journey(world, database);
        for (var i = 0; i < hosts; i++) await world.StartHostAsync();
        return journey;
    }

    /// <summary>Posts a signed event to a host's webhook; the answer's status and body.</summary>
    public async Task<(HttpStatusCode Status, string Body)> SendAsync(
        byte[] body, string? signature = null, string path = "/webhooks/stripe", string? host = null, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, (host ?? World.HostUrl) + path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TryAddWithoutValidation("Stripe-Signature", signature ?? StripeSignature.Sign(body, World.WebhookSecret, TimeProvider.System.GetUtcNow()));
        change?.Invoke(request);
        using var answer = await Http.SendAsync(request, CancellationToken.None);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public Task<(HttpStatusCode Status, string Body)> SendAsync(string body) => SendAsync(Encoding.UTF8.GetBytes(body));

    /// <summary>Waits until Stripe's deliveries are answered and every step has ended.</summary>
    public async Task SettleAsync(TimeSpan? patience = null)
    {
        await World.Stripe.WaitForQuietAsync(patience ?? Patience);
        await UntilAsync(async () => await CountAsync("inbox_steps WHERE outcome IS NULL") == 0, "every step ends", patience);
        await UntilAsync(async () => await CountAsync("outbox WHERE sent_at IS NULL AND parked_at IS NULL") == 0, "everything is sent", patience);
    }

    /// <summary>Waits for something to become true, looking often; fails with what did not happen.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what, TimeSpan? patience = null)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            watch.Elapsed.ShouldBeLessThan(patience ?? Patience, $"waited in vain until {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    public static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    public async Task<long> CountAsync(string fromWhere, object? parameters = null) => await ScalarAsync<long>($"SELECT count(*) FROM {fromWhere}", parameters);

    public async Task<T?> ScalarAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await Db.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<T>(sql, parameters);
    }

    public async Task<List<T>> RowsAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await Db.OpenConnectionAsync();
        return [.. await connection.QueryAsync<T>(sql, parameters)];
    }

    public async Task<int> ExecuteAsync(string sql, object? parameters = null)
    {
        await using var connection = await Db.OpenConnectionAsync();
        return await connection.ExecuteAsync(sql, parameters);
    }

    public Task<long> BalanceAsync(string userId) => ScalarAsync<long>("SELECT coalesce((SELECT balance FROM credit_accounts WHERE user_id = @userId), 0)", new { userId });

    /// <summary>A user's tier as Keycloak has it.</summary>
    public string? TierOf(string userId) => World.Keycloak.Users.Single(u => u.Id == userId)["subscription_tier"];

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        await Db.DisposeAsync();
    }
}
