using System.Net;
using BillingMonolith.Journeys.Intake;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Edge;

/// <summary>With a list of Stripe's addresses, webhooks are taken from these only; the list follows its file.</summary>
[Collection(nameof(EdgeHost))]
public sealed class SourcesTests(EdgeHost edge)
{
    [Fact]
    public async Task Webhooks_are_taken_from_listed_addresses_and_a_changed_list_comes_into_force_unless_it_is_unusable()
    {
        var folder = Directory.CreateTempSubdirectory("billing-sources-");
        try
        {
            var file = Path.Combine(folder.FullName, "ips_webhooks.txt");
            Write(file, "# Stripe\n203.0.113.7\n2001:db8::/32\n");
            var host = await edge.StartAsync(new() { ["Access__KnownProxies__0"] = "127.0.0.1", ["Stripe__SourcesFile"] = file });
            await TakesAsync(host, "203.0.113.7");
            await TakesAsync(host, "2001:db8::7");
            await RefusesAsync(host, "203.0.113.8");
            await RefusesAsync(host, forwarded: null);
            await RefusesAsync(host, "203.0.113.7, 203.0.113.8");
            using var forged = await EdgeHost.BadAsync(host, "203.0.113.7");
            await EdgeHost.ShouldBeProblemAsync(forged, HttpStatusCode.BadRequest, "invalid-signature");
            using var live = await EdgeHost.SendAsync(host, new HttpRequestMessage(HttpMethod.Get, "/health/live"), "203.0.113.8");
            live.StatusCode.ShouldBe(HttpStatusCode.OK, "only webhooks come from Stripe");

            Write(file, """{"WEBHOOKS":["203.0.113.8"]}""");
            await Journey.UntilAsync(() => IsTakenAsync(host, "203.0.113.8"), "the new list is in force");
            await RefusesAsync(host, "203.0.113.7");

            Write(file, "<html>Not found</html>");
            await Journey.UntilAsync(() => Alerts(host) == 1, "a person is alerted");
            File.Delete(file);
            await Journey.UntilAsync(() => Alerts(host) == 2, "a person is alerted again");
            await TakesAsync(host, "203.0.113.8");
            await RefusesAsync(host, "203.0.113.7");

            Write(file, "203.0.113.7");
            await Journey.UntilAsync(() => IsTakenAsync(host, "203.0.113.7"), "a mended list is in force");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(null, "cannot be read")]
    [InlineData("", "has no address")]
    [InlineData("203.0.113.7\n<html>", "<html>")]
    public async Task A_list_that_cannot_be_used_is_said_at_start(string? content, string reason)
    {
        var file = Path.GetTempFileName();
        if (content is null) File.Delete(file);
        else await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
        var (code, text) = await StartTests.RunAsync(new() { ["Stripe__SourcesFile"] = file, ["Limits__WebhookPerMinute"] = "0" });
        File.Delete(file);
        code.ShouldBe(78, text);
        text.ShouldContain($"Stripe:SourcesFile '{file}' is not usable: ");
        text.ShouldContain(reason);
        text.ShouldContain("Limits:WebhookPerMinute must be");
        text.ShouldNotContain("   at ");
    }

    private async Task TakesAsync(HostProcess host, string forwarded) => (await IsTakenAsync(host, forwarded)).ShouldBeTrue(forwarded);

    private async Task RefusesAsync(HostProcess host, string? forwarded)
    {
        using var answer = await edge.GoodAsync(host, forwarded);
        await EdgeHost.ShouldBeProblemAsync(answer, HttpStatusCode.Forbidden, "unknown-source");
    }

    private async Task<bool> IsTakenAsync(HostProcess host, string forwarded)
    {
        using var answer = await edge.GoodAsync(host, forwarded);
        return answer.StatusCode == HttpStatusCode.OK;
    }

    private static int Alerts(HostProcess host) =>
        host.Log.Count(l => l.Contains("\"Critical\"", StringComparison.Ordinal) && l.Contains("stay in force", StringComparison.Ordinal));

    // As a download should end: the whole file at once.
    private static void Write(string file, string content)
    {
        var whole = Path.GetTempFileName();
        File.WriteAllText(whole, content);
        File.Move(whole, file, overwrite: true);
    }
}
