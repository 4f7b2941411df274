using BillingMonolith.Credits;
using BillingMonolith.Journeys.Intake;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.SharedKernel;
using Dapper;
using Npgsql;

namespace BillingMonolith.Journeys.Ledger;

/// <summary><c>credits verify</c>: a sound ledger is sound, and whatever somebody wrote past its functions is named.</summary>
public sealed class VerifyTests(Cluster cluster)
{
    /// <summary>What is broken, and where it shows. The rows are those of <see cref="StoryAsync"/>.</summary>
    private static readonly (string Corruption, string Named)[] Corruptions =
    [
        ("UPDATE credit_accounts SET balance = balance + 1 WHERE user_id = 'ada'", "credit_accounts ada of user ada: balance, 70, 71"),
        ("UPDATE credit_accounts SET debt = 0 WHERE user_id = 'bob'", "credit_accounts bob of user bob: debt, 30, 0"),
        ("DELETE FROM credit_accounts WHERE user_id = 'bob'", "credit_accounts bob of user bob: balance, 0, "),
        ("UPDATE credit_entries SET balance_after = 99 WHERE source = 'take:1'", "of user ada: balance_after, 70, 99"),
        ("UPDATE credit_entries SET debt_after = 99 WHERE source = 'refund:1'", "of user bob: debt_after, 30, 99"),
        ("UPDATE credit_entries SET amount = -31 WHERE source = 'take:1'", "of user ada: sum of parts, -31, -30"),
        ("DELETE FROM credit_entries WHERE source = 'take:1'", "credit_accounts ada of user ada: balance, 100, 70"),
        ("UPDATE credit_lots SET remaining = 69 WHERE source = 'ada:1'", "of user ada: remaining, 70, 69"),
        ("UPDATE credit_lots SET held = 0 WHERE source = 'ada:1'", "of user ada: held, 20, 0"),
        ("UPDATE credit_reservations SET state = 'released', settled_at = now()", "of user ada: held, 0, 20"),
        ("UPDATE credit_reservations SET amount = 21", "of user ada: sum of parts, 21, 20"),
        ("DELETE FROM credit_lots WHERE source = 'ada:1'", "of user ada: remaining, 70, "),
        ("INSERT INTO credit_lots (source, origin, user_id, amount, remaining, priority) VALUES ('forged', 'forged', 'ada', 5, 5, 1)",
            "credit_accounts ada of user ada: sum of lots, 70, 75"),
        ("INSERT INTO credit_lots (source, origin, user_id, amount, priority) VALUES ('forged', 'forged', 'eve', 5, 1)", "of user eve: the entry that gave it, 5, "),
        ("UPDATE credit_lots SET amount = 1000 WHERE source = 'ada:1'", "of user ada: the entry that gave it, 1000, "),
        ("UPDATE credit_purchases SET clawed_credits = 1", "of user bob: clawed_credits, 30, 1"),
        ("UPDATE credit_entries SET ended = 5 WHERE source = 'refund:1'; UPDATE credit_purchases SET credits = 40, clawed_credits = 35", "of user bob: ended, 0, 5"),
    ];

    [Fact]
    public async Task Each_kind_of_corruption_is_found_and_named()
    {
        var story = await StoryAsync();
        foreach (var (corruption, named) in Corruptions)
        {
            var copy = await CopyAsync(story, corruption);
            await using var database = Real.Connect(cluster.Postgres.ConnectionString(copy) + ";Pooling=false", 1);
            var bad = (await new VerifyLedgerHandler(database).Handle(new VerifyLedger(), CancellationToken.None)).FirstBad.ShouldNotBeNull(corruption);
            $"{bad.Table} {bad.Id} of user {bad.UserId}: {bad.What}, {bad.Expected}, {bad.Found}".ShouldEndWith(named, Case.Sensitive, corruption);
        }
    }

    [Fact]
    public async Task The_command_says_that_the_ledger_is_sound_or_names_the_row_that_is_not()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        var story = await StoryAsync();
        var broken = await CopyAsync(story, "UPDATE credit_accounts SET balance = 0 WHERE user_id = 'ada'");

        var (code, text) = await VerifyAsync(story);
        code.ShouldBe(0, text);
        text.ShouldContain("The ledger is sound: 2 users, 2 lots, 5 entries.");
        (code, text) = await VerifyAsync(broken);
        code.ShouldBe(1, text);
        text.ShouldContain("First bad row: credit_accounts ada of user ada: balance, expected 70, found 0.");

        Task<(int Code, string Text)> VerifyAsync(string database) => StartTests.RunAsync(
            new(journey.World.Settings) { ["DATABASE_URL"] = cluster.Postgres.ConnectionString(database) }, "credits", "verify");
    }

    /// <summary>Ada has spent and holds, Bob owes what he was refunded.</summary>
    private async Task<string> StoryAsync()
    {
        var name = await cluster.NewDatabaseAsync();
        await using var database = Real.Connect(cluster.Postgres.ConnectionString(name) + ";Pooling=false", 1);
        await using var real = new Real(new UnitOfWork(database));
        foreach (var operation in (Operation[])
        [
            new Operation.Give([new Gift("ada:1", "ada", 100, 100, Ends: null)]), new Operation.Take("ada", 30, "consume", "take:1"),
            new Operation.Hold("ada", Guid.NewGuid(), 20),
            new Operation.Give([new Gift("session:bob", "bob", 30, 100, Ends: null)]), new Operation.Take("bob", 30, "consume", "take:2"),
            new Operation.ClawBack("bob", "session:bob", 30, "refund:1"),
        ]) await real.ApplyAsync(operation, goesOn: false);
        await real.CommitAsync();
        await ExecuteAsync(name, """
            INSERT INTO credit_purchases (user_id, package_code, package_name, credits, price_minor, currency, stripe_checkout_session_id, status, completed_at, clawed_credits)
            VALUES ('bob', 'mini', 'Mini', 30, 30, 'usd', 'bob', 'refunded', now(), 30)
            """);
        return name;
    }

    private async Task<string> CopyAsync(string story, string corruption)
    {
        var copy = $"{story}_{Guid.NewGuid():N}";
        await cluster.Postgres.CreateDatabaseAsync(copy, story);
        await ExecuteAsync(copy, $"SET session_replication_role = replica; {corruption}"); // past all triggers
        return copy;
    }

    private async Task ExecuteAsync(string database, string sql)
    {
        await using var owner = new NpgsqlConnection(cluster.Postgres.ConnectionString(database) + ";Pooling=false");
        await owner.OpenAsync();
        await owner.ExecuteAsync(sql);
    }
}
