using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Intake;

/// <summary>A host that cannot work says at start what to mend, in words for the person who configures it, and everything at once.</summary>
public sealed class StartTests(Cluster cluster)
{
    private const int ConfigurationError = 78;

    /// <summary>Complete, and nobody listens at any of these.</summary>
    private static readonly Dictionary<string, string?> Complete = new()
    {
        ["DATABASE_URL"] = "postgres://billing:canary-of-the-database@127.0.0.1:1/billing",
        ["STRIPE_SECRET_KEY"] = "sk_test_start",
        ["STRIPE_WEBHOOK_SECRET"] = "whsec_canary_of_the_start_tests",
        ["LAGO_API_URL"] = "http://127.0.0.1:1",
        ["LAGO_API_KEY"] = "lago-key",
        ["KEYCLOAK_URL"] = "http://127.0.0.1:1",
        ["KEYCLOAK_REALM"] = "demo",
        ["KEYCLOAK_CLIENT_ID"] = "billing",
        ["KEYCLOAK_CLIENT_SECRET"] = "keycloak-secret",
    };

    [Fact]
    public async Task Without_any_setting_one_message_names_them_all()
    {
        var (code, text) = await RunAsync([]);
        code.ShouldBe(ConfigurationError, text);
        foreach (var name in Complete.Keys) text.ShouldContain(name);
        string[] own = ["Database:ConnectionString", "Stripe:SecretKey", "Stripe:WebhookSecret", "Lago:Url", "Lago:ApiKey",
            "Keycloak:Url", "Keycloak:Realm", "Keycloak:ClientId", "Keycloak:ClientSecret"];
        foreach (var setting in own) text.ShouldContain($"  - {setting} ");
        text.ShouldContain("9 setting(s) to mend");
        ShouldBeForPeople(text);
    }

    [Theory]
    [InlineData("STRIPE_WEBHOOK_SECRET", "whsec_placeholder", "Stripe:WebhookSecret")]
    [InlineData("STRIPE_WEBHOOK_SECRET", "   ", "Stripe:WebhookSecret")]
    [InlineData("STRIPE_WEBHOOK_SECRET", "whsec_canary_of_the_start_tests, ,", "Stripe:WebhookSecret")]
    [InlineData("STRIPE_SECRET_KEY", "pk_test_public", "Stripe:SecretKey")]
    [InlineData("Stripe__ApiBase", "api.stripe.com", "Stripe:ApiBase")]
    [InlineData("Stripe__ToleranceSeconds", "soon", "ToleranceSeconds")]
    [InlineData("LAGO_API_URL", "lago:3000", "Lago:Url")]
    [InlineData("KEYCLOAK_URL", "login.example.com", "Keycloak:Url")]
    [InlineData("DATABASE_URL", "postgres://", "Database:ConnectionString")]
    [InlineData("DATABASE_URL", "not a connection string", "Database:ConnectionString")]
    [InlineData("Database__MaxConnections", "3", "Database:MaxConnections")]
    [InlineData("Inbox__Batch", "many", "Inbox:Batch")]
    [InlineData("Inbox__LeaseSeconds", "0", "Inbox:LeaseSeconds")]
    public async Task A_single_wrong_setting_is_named(string name, string value, string setting)
    {
        var (code, text) = await RunAsync(new(Complete) { [name] = value });
        code.ShouldBe(ConfigurationError, text);
        text.ShouldContain("1 setting(s) to mend");
        text.ShouldContain(setting);
        ShouldBeForPeople(text);
    }

    [Theory]
    [InlineData("postgres://billing:canary-of-the-database@127.0.0.1:1/billing")]
    [InlineData("postgres://billing:canary-of-the-database@no-such-host.invalid/billing")]
    public async Task A_database_that_does_not_answer_is_named_without_a_stack_trace(string url)
    {
        var (code, text) = await RunAsync(new(Complete) { ["DATABASE_URL"] = url });
        code.ShouldBe(1, text);
        text.ShouldContain("Database:ConnectionString");
        ShouldBeForPeople(text);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_in_a_sentence()
    {
        await using var journey = await Journey.StartAsync(cluster);
        var (code, text) = await RunAsync(new(journey.World.Settings) { ["ASPNETCORE_URLS"] = journey.World.HostUrl });
        code.ShouldBe(1, text);
        text.ShouldContain(journey.World.HostUrl);
        text.ShouldContain("ASPNETCORE_URLS");
        text.ShouldNotContain("Unhandled exception:");
    }

    internal static async Task<(int Code, string Text)> RunAsync(Dictionary<string, string?> environment, params string[] arguments)
    {
        await using var host = HostProcess.Launch(environment, arguments);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        var code = await host.WaitForExitAsync(limit.Token);
        return (code, string.Join('\n', host.Log));
    }

    private static void ShouldBeForPeople(string text)
    {
        text.ShouldNotContain("   at ", Case.Sensitive, "a stack trace");
        text.ShouldNotContain("canary", Case.Insensitive, "a secret");
        text.Split('\n').Length.ShouldBeLessThan(14, "a message, not a flood");
    }
}
