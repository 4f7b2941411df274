using BillingMonolith.Credits;
using BillingMonolith.Host.Jobs;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.SharedKernel;
using Dapper;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

namespace BillingMonolith.Journeys.Api;

/// <summary>Money moves once per Idempotency-Key, on however many hosts and however often it is asked.</summary>
public sealed class IdempotencyTests(Cluster cluster)
{
    [Fact]
    public async Task The_same_request_under_the_same_key_gets_the_first_answer_again_and_has_one_effect()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        var first = await TwoHosts.SendAsync(hosts.First, Grant("key-1"));
        first.ShouldBe(new CreditsGranted(first.TransactionId, Journey.Ada.Id, 50, 50));
        await TwoHosts.SendAsync(hosts.First, Grant("key-2"));

        (await TwoHosts.SendAsync(hosts.First, Grant("key-1"))).ShouldBe(first, "the balance of then, not of now");
        (await TwoHosts.SendAsync(hosts.Second, Grant("key-1", request: "a later request"))).ShouldBe(first, "another host, another request");
        (await hosts.Journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(100);
        (await hosts.Journey.RowsAsync<string>("SELECT metadata->>'reason' FROM audit_logs WHERE action = 'credit.allocate'")).ShouldBe(["goodwill", "goodwill"]);
        await Oracles.HoldAsync(hosts.Journey);
    }

    [Fact]
    public async Task Another_request_under_a_used_key_is_refused_and_another_callers_key_is_another_key()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        await TwoHosts.SendAsync(hosts.First, Grant("key-1"));

        var refused = await Should.ThrowAsync<RefusalException>(() => TwoHosts.SendAsync(hosts.Second, Grant("key-1", credits: 51)));
        (refused.Status, refused.Error).ShouldBe((System.Net.HttpStatusCode.UnprocessableEntity, "idempotency-key-reused"));
        (await hosts.Journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(50);

        await TwoHosts.SendAsync(hosts.Second, Grant("key-1", credits: 51, caller: "somebody else"));
        (await hosts.Journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(101);
        await Oracles.HoldAsync(hosts.Journey);
    }

    [Fact]
    public async Task Two_hundred_grants_under_keys_of_their_own_all_count()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => TwoHosts.SendAsync(i % 2 == 0 ? hosts.First : hosts.Second, Grant($"key-{i}", credits: 1))));
        (await hosts.Journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(200);
        await Oracles.HoldAsync(hosts.Journey);
    }

    [Fact]
    public async Task A_command_that_fails_leaves_no_key_and_is_judged_anew()
    {
        var fails = true;
        await using var hosts = await TwoHosts.CreateAsync(cluster, s => s.AddScoped<IRequestHandler<Fallible, string>>(p =>
            new FallibleHandler(p.GetRequiredService<UnitOfWork>(), () => fails)));
        await Should.ThrowAsync<RefusalException>(() => TwoHosts.SendAsync(hosts.First, new Fallible(Key("key-1"))));
        (await hosts.Journey.CountAsync("idempotency_keys")).ShouldBe(0);
        (await hosts.Journey.CountAsync("credit_lots")).ShouldBe(0, "what it did is undone");

        fails = false;
        (await TwoHosts.SendAsync(hosts.Second, new Fallible(Key("key-1")))).ShouldBe("done");
        fails = true;
        (await TwoHosts.SendAsync(hosts.First, new Fallible(Key("key-1")))).ShouldBe("done", "answered without the handler");
    }

    [Fact]
    public async Task A_key_that_somebody_holds_too_long_is_said_to_be_in_progress()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        await using (var other = await hosts.Journey.Db.OpenConnectionAsync())
        await using (await other.BeginTransactionAsync())
        {
            await other.ExecuteAsync("INSERT INTO idempotency_keys (caller, key, fingerprint) VALUES ('caller', 'key-1', '')");
            var busy = await Should.ThrowAsync<RefusalException>(() => TwoHosts.SendAsync(hosts.First, Grant("key-1")));
            (busy.Status, busy.Error, busy.RetryAfter).ShouldBe((System.Net.HttpStatusCode.Conflict, "in-progress", TimeSpan.FromSeconds(1)));
        }

        (await TwoHosts.SendAsync(hosts.First, Grant("key-1"))).Balance.ShouldBe(50, "the other one left nothing");
    }

    [Fact]
    public async Task What_is_invalid_is_refused_before_anything_is_opened()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        await TwoHosts.SendAsync(hosts.First, Grant("key-1"));
        foreach (var (wrong, member) in new (GrantCredits, string)[]
        {
            (Grant("key-1", credits: 0), "Credits"), (Grant("key-1", credits: -1), "Credits"), (Grant("key-1", credits: 1_000_001), "Credits"),
            (Grant("key-1") with { Reason = "ab" }, "Reason"), (Grant("key-1") with { Reason = "   " }, "Reason"), (Grant("key-1") with { Reason = "a\0bc" }, "Reason"),
            (Grant("key-1") with { Reason = new string('a', 501) }, "Reason"), (Grant("key-1") with { UserId = "" }, "UserId"),
            (Grant("key-1") with { UserId = new string('a', 65) }, "UserId"), (Grant("key-1") with { UserId = "../admin" }, "UserId"),
            (Grant("key-1") with { ExpiresAt = TimeProvider.System.GetUtcNow().AddSeconds(-1) }, "ExpiresAt"),
        })
        {
            (await InvalidAsync(hosts, wrong)).ShouldBe(member, wrong.ToString());
        }

        (await hosts.Journey.CountAsync("credit_lots")).ShouldBe(1);
    }

    [Fact]
    public async Task Keys_and_windows_that_have_had_their_time_are_removed_by_either_host_and_no_others()
    {
        await using var hosts = await TwoHosts.CreateAsync(cluster);
        await TwoHosts.SendAsync(hosts.First, Grant("fresh"));
        await using (var owner = await hosts.Journey.Db.OpenConnectionAsync())
            await owner.ExecuteAsync("""
                INSERT INTO idempotency_keys SELECT 'c', i::text, '', '{}', now() - interval '31 days' FROM generate_series(1, 2500) i;
                INSERT INTO idempotency_keys VALUES ('c', 'nearly', '', '{}', now() - interval '29 days');
                INSERT INTO rate_windows VALUES ('c', 'api', now() - interval '2 hours', 1), ('d', 'api', date_trunc('minute', now()), 1);
                """);
        var removed = await Task.WhenAll(Sweep(hosts.First), Sweep(hosts.Second));
        removed.Sum().ShouldBe(2501);
        (await hosts.Journey.RowsAsync<string>("SELECT key FROM idempotency_keys ORDER BY key")).ShouldBe(["fresh", "nearly"]);
        (await hosts.Journey.RowsAsync<string>("SELECT caller FROM rate_windows")).ShouldBe(["d"]);
    }

    private static async Task<string> InvalidAsync(TwoHosts hosts, GrantCredits command) =>
        (await Should.ThrowAsync<ValidationException>(() => TwoHosts.SendAsync(hosts.First, command))).Errors.ShouldHaveSingleItem().PropertyName;

    private static Task<int> Sweep(Microsoft.AspNetCore.Builder.WebApplication host) =>
        ActivatorUtilities.CreateInstance<Housekeeping>(host.Services).RemoveAsync(CancellationToken.None);

    private static RequestKey Key(string key, string caller = "caller", string request = "request") => new(caller, key, "grantCredits", request);

    private static GrantCredits Grant(string key, long credits = 50, string caller = "caller", string request = "request") =>
        new(Key(key, caller, request), Journey.Ada.Id, credits, "goodwill", ExpiresAt: null);

    internal sealed record Fallible(RequestKey Once) : IRequest<string>, IOnce;

    private sealed class FallibleHandler(UnitOfWork work, Func<bool> fails) : IRequestHandler<Fallible, string>
    {
        public async Task<string> Handle(Fallible request, CancellationToken cancellationToken)
        {
            var connection = await work.OpenAsync(cancellationToken);
            await connection.ExecuteAsync("SELECT credit_grant('{admin:fallible}', '{u}', '{1}', '{1}', '{null}', '{null}')");
            return fails() ? throw new RefusalException(System.Net.HttpStatusCode.Conflict, "not-now", "Not now.") : "done";
        }
    }
}
