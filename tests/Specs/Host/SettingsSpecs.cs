using BillingMonolith.Host.Database;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Startup;
using BillingMonolith.SharedKernel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Specs.HostRoom;

/// <summary>Settings as deployments write them, and what the host makes of them.</summary>
public sealed class SettingsSpecs
{
    [Fact]
    public void A_database_URL_says_everything_with_escaped_characters()
    {
        var parsed = Owner("postgres://bil%40ling:p%40ss%3Aw%2Frd%25-x@db.example.com/my%20db?sslmode=verify-full&application_name=my-app&connect_timeout=7");
        parsed.Host.ShouldBe("db.example.com");
        parsed.Port.ShouldBe(5432);
        parsed.Username.ShouldBe("bil@ling");
        parsed.Password.ShouldBe("p@ss:w/rd%-x");
        parsed.Database.ShouldBe("my db");
        parsed.SslMode.ShouldBe(SslMode.VerifyFull);
        parsed.ApplicationName.ShouldBe("my-app", "only sslmode loses its hyphens");
        parsed.Timeout.ShouldBe(7);
    }

    [Theory]
    [InlineData("postgresql://u:p@h:6432/d?sslmode=require", SslMode.Require, 6432)]
    [InlineData("Host=h;Port=6432;Username=u;Password=p;Database=d;SSL Mode=Require", SslMode.Require, 6432)]
    [InlineData("postgres://u@h/d", SslMode.Prefer, 5432)]
    public void A_URL_and_a_connection_string_mean_the_same(string text, SslMode mode, int port)
    {
        var parsed = Owner(text);
        parsed.SslMode.ShouldBe(mode);
        parsed.Port.ShouldBe(port);
        parsed.Host.ShouldBe("h");
        parsed.Username.ShouldBe("u");
        parsed.Database.ShouldBe("d");
    }

    [Fact]
    public void The_host_works_under_a_role_that_cannot_change_what_is_append_only() =>
        new NpgsqlConnectionStringBuilder(new DatabaseOptions { ConnectionString = "postgres://u:p@h/d" }.Application(TimeSpan.FromSeconds(30)))
            .Options.ShouldBe("-c role=billing_app -c idle_in_transaction_session_timeout=30000");

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("postgres://")]
    [InlineData("Username=u")]
    [InlineData("postgres://u:p@h/d?no_such_setting=1")]
    [InlineData("mysql://u:p@h/d")]
    public void What_names_no_database_is_refused(string? text) =>
        new DatabaseOptionsValidator().Validate(new DatabaseOptions { ConnectionString = text }).IsValid.ShouldBeFalse();

    [Fact]
    public void Every_configured_webhook_secret_counts()
    {
        var options = new StripeOptions { WebhookSecret = "whsec_one_of_them, whsec_another", WebhookSecretCredits = "whsec_credits", WebhookSecrets = ["whsec_listed"] };
        options.AllWebhookSecrets.ShouldBe(["whsec_one_of_them", "whsec_another", "whsec_credits", "whsec_listed"]);
    }

    [Theory]
    [InlineData("whsec_0123456789abcdef", true)]
    [InlineData("whsec_0123456789abcdef,whsec_fedcba9876543210", true)]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData(" \t", false)]
    [InlineData("whsec_placeholder", false)]
    [InlineData("WHSEC_PLACEHOLDER", false)]
    [InlineData("changeme", false)]
    [InlineData("whsec_", false)]
    [InlineData("whsec_0123456789abcdef,", false)] // a blank one among good ones lets anybody in
    [InlineData("whsec_0123456789abcdef,whsec_placeholder", false)]
    public void A_secret_that_anybody_could_guess_is_refused(string? secrets, bool usable) =>
        new StripeOptionsValidator().Validate(new StripeOptions { SecretKey = "sk_test_1", WebhookSecret = secrets }).IsValid.ShouldBe(usable);

    [Fact]
    public void A_files_value_is_read_its_change_is_seen_and_the_own_name_wins()
    {
        var folder = Directory.CreateTempSubdirectory("billing-secrets-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "STRIPE_WEBHOOK_SECRET"), "whsec_of_the_file\n");
            File.WriteAllText(Path.Combine(folder.FullName, "STRIPE_API_KEY"), "sk_test_old_name");
            using var configuration = new ConfigurationManager();
            configuration.AddInMemoryCollection([new("SECRETS_DIR", folder.FullName)]);
            EnvironmentNames.AddTo(configuration, ["--Stripe:Suite", "ours"]);
            configuration["Stripe:WebhookSecret"].ShouldBe("whsec_of_the_file");
            configuration["Stripe:SecretKey"].ShouldBe("sk_test_old_name");
            configuration["Stripe:Suite"].ShouldBe("ours");

            File.WriteAllText(Path.Combine(folder.FullName, "STRIPE_SECRET_KEY"), "sk_test_newer_name");
            File.WriteAllText(Path.Combine(folder.FullName, "STRIPE_WEBHOOK_SECRET"), "whsec_rotated");
            SpinWait.SpinUntil(() => configuration["Stripe:WebhookSecret"] == "whsec_rotated" && configuration["Stripe:SecretKey"] == "sk_test_newer_name",
                TimeSpan.FromSeconds(10)).ShouldBeTrue("a changed file is seen without a restart");

            File.WriteAllText(Path.Combine(folder.FullName, "Stripe__SecretKey"), "sk_test_own_name");
            SpinWait.SpinUntil(() => configuration["Stripe:SecretKey"] == "sk_test_own_name", TimeSpan.FromSeconds(10)).ShouldBeTrue("the own name wins");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_failed_step_waits_twice_as_long_each_time_with_jitter_up_to_the_longest()
    {
        var backoff = new Backoff(Options.Create(new InboxOptions { FirstDelaySeconds = 2, MaxDelaySeconds = 60, MaxAttempts = 5 }), new Random(7));
        foreach (var (attempt, longest) in (ReadOnlySpan<(int, double)>)[(1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (1000, 60)])
            backoff.Delay(attempt, failure: null).TotalSeconds.ShouldBeInRange(longest / 2, longest);
        Enumerable.Range(0, 20).Select(_ => backoff.Delay(1, failure: null)).Distinct().Count().ShouldBeGreaterThan(15, "steps that failed together do not come back together");
        backoff.IsSpent(4).ShouldBeFalse();
        backoff.IsSpent(5).ShouldBeTrue();
    }

    [Theory]
    [InlineData(30, 30)]
    [InlineData(1_000_000, 60)]
    public void A_neighbour_that_says_when_is_obeyed_within_reason(int asked, int waited) =>
        new Backoff(Options.Create(new InboxOptions { MaxDelaySeconds = 60 }), new Random(7))
            .Delay(1, new RetryAfterException("Lago", TimeSpan.FromSeconds(asked))).ShouldBe(TimeSpan.FromSeconds(waited));

    private static NpgsqlConnectionStringBuilder Owner(string text) => new(new DatabaseOptions { ConnectionString = text }.Owner);
}
