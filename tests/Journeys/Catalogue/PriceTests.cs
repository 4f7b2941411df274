using BillingMonolith.Journeys.Kit;
using BillingMonolith.Journeys.Purchases;
using Npgsql;

namespace BillingMonolith.Journeys.Catalogue;

/// <summary>A package's prices: what a session is judged by, and what the database itself refuses.</summary>
public sealed class PriceTests(Cluster cluster)
{
    [Fact]
    public async Task A_session_in_any_of_the_package_s_currencies_is_judged_by_that_currency_s_price()
    {
        await using var journey = await Journey.StartAsync(cluster);
        await journey.ExecuteAsync("INSERT INTO credit_package_prices VALUES ('starter', 'eur', 900), ('starter', 'jpy', 1500)");
        string[] good = [journey.OpenPack("starter", 900, "eur"), journey.OpenPack("starter", 1500, "jpy"), journey.OpenPack("starter", 1000)];
        string[] bad = [journey.OpenPack("starter", 1000, "eur"), journey.OpenPack("starter", 1000, "gbp")];
        foreach (var session in (string[])[.. good, .. bad]) journey.World.Stripe.Pay(session);
        await journey.SettleAsync();

        foreach (var session in good) (await journey.PurchaseStatusAsync(session)).ShouldBe("completed");
        (await journey.BalanceAsync(Journey.Ada.Id)).ShouldBe(3000);
        (await journey.ReasonAsync(journey.EventOf(Buying.Completed, bad[0])))!.ShouldContain("Paid for 1000 eur, but package 'starter' was sold for 900 eur");
        (await journey.ReasonAsync(journey.EventOf(Buying.Completed, bad[1])))!.ShouldContain("Paid for 1000 gbp, but package 'starter' was sold for 1000 usd");
        await Oracles.HoldAsync(journey);
    }

    [Fact]
    public async Task Purchased_credits_expire_only_if_the_package_said_so_when_it_was_sold()
    {
        await using var journey = await Journey.StartAsync(cluster);
        await journey.ExecuteAsync("UPDATE credit_packages SET expires_after_days = 30 WHERE package_code = 'starter'");
        var (thirty, later) = (journey.World.Stripe.OpenPackSession(Journey.Ada, "starter"), journey.World.Stripe.OpenPackSession(Journey.Ada, "starter"));
        journey.World.Stripe.PayLater(later);
        await journey.SettleAsync();
        await journey.ExecuteAsync("UPDATE credit_packages SET expires_after_days = 5");
        journey.World.Stripe.Settle(later, ok: true);
        journey.World.Stripe.Pay(thirty);
        await journey.SettleAsync();

        (await ExpiresInDaysAsync(journey, later)).ShouldBe(30, "as it was sold");
        (await ExpiresInDaysAsync(journey, thirty)).ShouldBe(5, "a session that we first hear of is the catalogue's");
        await journey.ExecuteAsync("UPDATE credit_packages SET expires_after_days = NULL");
        var never = journey.BuyPack(Journey.Ada, "starter");
        await journey.SettleAsync();
        (await ExpiresInDaysAsync(journey, never)).ShouldBeNull();
        await Oracles.HoldAsync(journey);
    }

    [Theory]
    [InlineData("INSERT INTO credit_package_prices VALUES ('pro', 'eur', 0)", PostgresErrorCodes.CheckViolation)]
    [InlineData("INSERT INTO credit_package_prices VALUES ('pro', 'EUR', 10)", PostgresErrorCodes.CheckViolation)]
    [InlineData("INSERT INTO credit_package_prices VALUES ('pro', 'eur', 100000000)", PostgresErrorCodes.CheckViolation)]
    [InlineData("INSERT INTO credit_package_prices VALUES ('pro', 'usd', 10)", PostgresErrorCodes.UniqueViolation)]
    [InlineData("INSERT INTO credit_package_prices VALUES ('gigantic', 'usd', 10)", PostgresErrorCodes.ForeignKeyViolation)]
    [InlineData("DELETE FROM credit_package_prices WHERE package_code = 'pro'", PostgresErrorCodes.ForeignKeyViolation)]
    [InlineData("UPDATE credit_packages SET currency = 'eur' WHERE package_code = 'pro'", PostgresErrorCodes.ForeignKeyViolation)]
    [InlineData("INSERT INTO credit_packages (package_code, package_name, credits, currency) VALUES ('x', 'X', 1, 'usd')", PostgresErrorCodes.ForeignKeyViolation)]
    public async Task The_database_holds_that_a_package_has_a_default_price_and_each_price_can_be_paid(string change, string refusal)
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        (await Should.ThrowAsync<PostgresException>(() => journey.ExecuteAsync(change))).SqlState.ShouldBe(refusal);
    }

    [Fact]
    public async Task Another_amount_is_not_the_same_price_at_Stripe()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        await journey.ExecuteAsync("UPDATE credit_package_prices SET stripe_price_id = 'price_' || package_code");
        await journey.ExecuteAsync("UPDATE credit_package_prices SET price_minor = 1001 WHERE package_code = 'starter'; UPDATE credit_package_prices SET price_minor = 8001, stripe_price_id = 'price_new' WHERE package_code = 'pro'");
        (await journey.RowsAsync<string?>("SELECT stripe_price_id FROM credit_package_prices ORDER BY price_minor")).ShouldBe([null, "price_standard", "price_new", "price_enterprise"]);
    }

    private static Task<int?> ExpiresInDaysAsync(Journey journey, string session) => journey.ScalarAsync<int?>(
        "SELECT round(extract(epoch FROM expires_at - created_at) / 86400)::int FROM credit_lots WHERE source = 'session:' || @session", new { session });
}
