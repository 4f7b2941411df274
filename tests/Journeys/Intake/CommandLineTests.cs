using BillingMonolith.Journeys.Kit;

namespace BillingMonolith.Journeys.Intake;

/// <summary>What an operator types.</summary>
public sealed class CommandLineTests(Cluster cluster)
{
    [Fact]
    public async Task Help_names_every_command_and_needs_no_settings()
    {
        var (code, text) = await StartTests.RunAsync([], "--help");
        code.ShouldBe(0, text);
        foreach (var command in (string[])["migrate", "health", "inbox", "link", "setup", "credits", "reconcile"]) text.ShouldContain($"  {command} ");
    }

    [Fact]
    public async Task Migrate_applies_each_script_once()
    {
        await cluster.Postgres.CreateDatabaseAsync("command_line");
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        var settings = new Dictionary<string, string?>(journey.World.Settings) { ["DATABASE_URL"] = cluster.Postgres.ConnectionString("command_line") };

        var (first, applied) = await StartTests.RunAsync(settings, "migrate");
        first.ShouldBe(0, applied);
        applied.ShouldContain("0001_inbox.sql");

        var (second, nothing) = await StartTests.RunAsync(settings, "migrate");
        second.ShouldBe(0, nothing);
        nothing.ShouldContain("The schema is up to date.");
    }

    [Fact]
    public async Task Health_asks_a_running_host_with_nothing_but_this_program()
    {
        // Fault 14: a health check that needed a program which the image lacked.
        await using var journey = await Journey.StartAsync(cluster);
        (await StartTests.RunAsync([], "health", journey.World.HostUrl)).Code.ShouldBe(0);

        journey.World.Host.Kill();
        await journey.World.Host.WaitForExitAsync(TestContext.Current.CancellationToken);
        var (code, text) = await StartTests.RunAsync([], "health", journey.World.HostUrl);
        code.ShouldBe(1);
        text.ShouldContain($"{journey.World.HostUrl} does not answer");
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("tcp://127.0.0.1:8080")]
    public async Task Health_says_what_is_no_address(string address)
    {
        var (code, text) = await StartTests.RunAsync([], "health", address);
        code.ShouldBe(1, text);
        text.ShouldContain($"{address} is not an address");
        text.ShouldNotContain("   at ", Case.Sensitive);
    }

    [Theory]
    [InlineData("migrat")]
    [InlineData("--migrate")]
    [InlineData("--Inbox:Batch", "5", "replay")]
    public async Task A_slip_of_the_pen_starts_no_server(params string[] arguments)
    {
        var (code, text) = await StartTests.RunAsync([], arguments);
        code.ShouldBe(1, text);
        text.ShouldContain(arguments[^1]);
        text.ShouldContain("--help");
    }

    [Fact]
    public async Task A_setting_on_the_command_line_wins_over_the_environment()
    {
        var (code, text) = await StartTests.RunAsync(new() { ["Inbox__Batch"] = "5" }, "--Inbox:Batch", "0", "--Inbox:LeaseSeconds=0");
        code.ShouldBe(78, text);
        text.ShouldContain("Inbox:Batch must be");
        text.ShouldContain("Inbox:LeaseSeconds must be");
    }
}
