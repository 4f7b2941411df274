using System.Net;
using BillingMonolith.Journeys.Kit;

namespace BillingMonolith.Journeys.Crashes;

/// <summary>The webhook secret is changed while Stripe delivers: nothing is refused that is authentic, and nothing unusable comes into force.</summary>
public sealed class SecretRotationTests(Cluster cluster)
{
    private const string New = "whsec_new_secret_of_the_rotation_0001";

    [Fact]
    public async Task A_secret_rotates_under_load_without_a_restart_and_a_broken_reload_keeps_the_previous_one()
    {
        await using var journey = await Journey.StartAsync(cluster, hosts: 0);
        var old = journey.World.WebhookSecret;
        var folder = Directory.CreateTempSubdirectory("billing-secrets-");
        try
        {
            Write(folder, old);
            await journey.World.StartHostAsync(new Dictionary<string, string?> { ["SECRETS_DIR"] = folder.FullName, ["STRIPE_WEBHOOK_SECRET"] = null });
            (await Crowd.PostAsync(journey, Another(journey), secret: New)).Status.ShouldBe(HttpStatusCode.BadRequest);

            using var end = new CancellationTokenSource();
            var load = LoadAsync(journey, old, end.Token);
            Write(folder, $"{New},{old}");
            await Journey.UntilAsync(() => IsAcceptedAsync(journey, New), "the new secret is in force");
            (await IsAcceptedAsync(journey, old)).ShouldBeTrue("Stripe signs with the old one until the switch");

            foreach (var (broken, alerts) in (IEnumerable<(string, int)>)[("whsec_placeholder", 1), ("", 2)])
            {
                Write(folder, broken);
                await Journey.UntilAsync(() => Alerts(journey) >= alerts, "a person is alerted");
                (await IsAcceptedAsync(journey, New)).ShouldBeTrue("the previous secrets stay in force");
                (await IsAcceptedAsync(journey, old)).ShouldBeTrue();
                if (broken.Length > 0) (await IsAcceptedAsync(journey, broken)).ShouldBeFalse("anybody could sign with it");
            }

            await end.CancelAsync();
            (await load).ShouldAllBe(status => status == HttpStatusCode.OK);
            Write(folder, New);
            await Journey.UntilAsync(async () => !await IsAcceptedAsync(journey, old), "the old secret is out of force");
            (await IsAcceptedAsync(journey, New)).ShouldBeTrue();
            foreach (var secret in (string[])[New, old]) journey.World.Host.Log.ShouldNotContain(l => l.Contains(secret, StringComparison.Ordinal), "unlogged");
            await journey.SettleAsync();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<List<HttpStatusCode>> LoadAsync(Journey journey, string secret, CancellationToken end)
    {
        var answers = new List<HttpStatusCode>();
        while (!end.IsCancellationRequested) answers.Add((await Crowd.PostAsync(journey, Another(journey), secret: secret)).Status);
        return answers;
    }

    private static async Task<bool> IsAcceptedAsync(Journey journey, string secret) =>
        (await Crowd.PostAsync(journey, Another(journey), secret: secret)).Status == HttpStatusCode.OK;

    private static byte[] Another(Journey journey) => Crowd.Pack(journey.World, Journey.Ada).Body;

    private static int Alerts(Journey journey) =>
        journey.World.Host.Log.Count(l => l.Contains("\"Critical\"", StringComparison.Ordinal) && l.Contains("stay in force", StringComparison.Ordinal));

    // As an orchestrator does it: the whole file at once.
    private static void Write(DirectoryInfo folder, string secrets)
    {
        var whole = Path.GetTempFileName();
        File.WriteAllText(whole, secrets);
        File.Move(whole, Path.Combine(folder.FullName, "STRIPE_WEBHOOK_SECRET"), overwrite: true);
    }
}
