using BillingMonolith.Host.Http;

namespace BillingMonolith.Specs.Access;

/// <summary>The realm's keys over HTTP: rotation fails no request, invented key ids cost little, and an outage changes nothing for known keys.</summary>
public sealed class SigningKeysSpecs
{
    [Fact]
    public async Task A_key_is_fetched_once_for_all_who_wait_and_then_kept()
    {
        await using var realm = await Realm.StartAsync();
        (await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => realm.FindAsync("sig")))).ShouldAllBe(key => key != null);
        realm.Clock.Advance(TimeSpan.FromMinutes(9));
        realm.SigningKeys.FindAsync("sig", CancellationToken.None).IsCompleted.ShouldBeTrue();
        realm.Fetches.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(4)] // within the distance: it waits
    [InlineData(0)]
    public async Task A_key_that_is_new_since_the_last_fetch_fails_no_request(int seconds)
    {
        await using var realm = await Realm.StartAsync();
        await realm.FindAsync("sig");
        realm.Clock.Advance(TimeSpan.FromSeconds(seconds));
        realm.Rotate(TestKeys.Jwk("new", TestKeys.Other, "RS256", "sig"), TestKeys.Jwk("sig", TestKeys.Signing, "RS256", "sig"));
        var waiting = realm.ValidateAsync(TestToken.Access(realm.Now).By("RS256", "new", TestKeys.ByOther).Encode());
        if (seconds < 5) realm.Clock.Waits.ShouldBe([TimeSpan.FromSeconds(5 - seconds)]);
        realm.Clock.Advance(Realm.Distance);
        (await waiting).Problem.ShouldBeNull();
        realm.Fetches.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_key_that_is_published_while_an_older_answer_is_on_its_way_fails_no_request()
    {
        await using var realm = await Realm.StartAsync();
        var gate = new TaskCompletionSource();
        realm.Gate = gate.Task;
        var first = realm.FindAsync("sig");
        await realm.Asked.Task.WaitAsync(TimeSpan.FromSeconds(20));
        realm.Rotate(TestKeys.Jwk("new", TestKeys.Other, "RS256", "sig"));
        var late = realm.FindAsync("new");
        realm.Gate = Task.CompletedTask;
        gate.SetResult();
        (await first).ShouldNotBeNull();
        await Task.WhenAny(late, realm.Clock.SomebodyWaits);
        realm.Clock.Advance(Realm.Distance);
        (await late).ShouldNotBeNull();
        realm.Fetches.ShouldBe([realm.Now - Realm.Distance, realm.Now]);
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("../../etc/passwd")]
    [InlineData("sig' OR '1'='1")]
    [InlineData("SIG")]
    public async Task A_key_id_that_the_realm_does_not_publish_is_refused(string kid)
    {
        await using var realm = await Realm.StartAsync();
        var result = await realm.ValidateAsync(TestToken.Access(realm.Now).Header("kid", kid).Encode());
        result.Problem.ShouldBe("The realm has no such key for signatures.");
    }

    [Fact]
    public async Task Three_hundred_invented_key_ids_cost_one_fetch_in_each_interval_and_most_are_refused_at_once()
    {
        await using var realm = await Realm.StartAsync();
        await realm.FindAsync("sig");
        for (var round = 1; round <= 3; round++)
        {
            var flood = Enumerable.Range(0, 300).Select(i => realm.FindAsync($"{round}-{i}")).ToList();
            flood.Count(f => f.IsCompleted).ShouldBe(200);
            realm.Clock.Waits.ShouldBe([Realm.Distance]);
            realm.Clock.Advance(Realm.Distance);
            (await Task.WhenAll(flood)).ShouldAllBe(key => key == null);
        }

        realm.Fetches.Count.ShouldBe(4);
        realm.Fetches.Zip(realm.Fetches.Skip(1), (a, b) => b - a).ShouldAllBe(distance => distance >= Realm.Distance);
    }

    [Fact]
    public async Task A_rotation_in_the_middle_of_a_flood_fails_no_request_that_waits()
    {
        await using var realm = await Realm.StartAsync();
        await realm.FindAsync("sig");
        var flood = Enumerable.Range(0, 90).Select(i => realm.FindAsync($"{i}")).ToList();
        realm.Rotate(TestKeys.Jwk("new", TestKeys.Other, "RS256", "sig"));
        var genuine = realm.FindAsync("new");
        realm.Clock.Advance(Realm.Distance);
        (await genuine).ShouldNotBeNull();
        (await Task.WhenAll(flood)).ShouldAllBe(key => key == null);
        realm.Fetches.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_caller_who_gives_up_takes_the_fetch_from_nobody_and_makes_room()
    {
        await using var realm = await Realm.StartAsync();
        await realm.FindAsync("sig");
        using var impatient = new CancellationTokenSource();
        var lost = Enumerable.Range(0, 100).Select(_ => realm.FindAsync("new", impatient.Token)).ToList();
        var refused = realm.FindAsync("new");
        refused.IsCompleted.ShouldBeTrue("a hundred wait already");
        (await refused).ShouldBeNull();
        await impatient.CancelAsync();
        foreach (var task in lost) await Should.ThrowAsync<OperationCanceledException>(() => task);

        realm.Rotate(TestKeys.Jwk("new", TestKeys.Other, "RS256", "sig"));
        var kept = realm.FindAsync("new");
        realm.Clock.Advance(Realm.Distance);
        (await kept).ShouldNotBeNull();
        realm.Fetches.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Keys_older_than_ten_minutes_are_used_while_they_are_fetched_anew_and_what_is_withdrawn_is_gone_afterwards()
    {
        await using var realm = await Realm.StartAsync();
        await realm.FindAsync("sig");
        realm.Clock.Advance(TimeSpan.FromMinutes(11));
        realm.Rotate(TestKeys.Jwk("new", TestKeys.Other, "RS256", "sig"));
        realm.Asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        realm.SigningKeys.FindAsync("sig", CancellationToken.None).IsCompleted.ShouldBeTrue();
        await realm.Asked.Task.WaitAsync(TimeSpan.FromSeconds(20)); // by a known key's age alone
        (await realm.FindAsync("new")).ShouldNotBeNull(); // joins the fetch that the other began, or finds its result
        var withdrawn = realm.FindAsync("sig");
        realm.Clock.Advance(Realm.Distance);
        (await withdrawn).ShouldBeNull();
    }

    [Theory]
    [InlineData(500, "")]
    [InlineData(404, """{"error":"Realm does not exist"}""")]
    [InlineData(200, "<html>maintenance</html>")]
    [InlineData(200, "")]
    [InlineData(200, "[]")]
    [InlineData(200, """{"keys":{}}""")]
    [InlineData(200, """{"keys":[]}""")]
    [InlineData(200, """{"keys":["key"]}""")]
    [InlineData(200, """{"keys":[{"kid":"sig","kty":"RSA","alg":"RS256","use":"sig","n":"!","e":"AQAB"}]}""")]
    [InlineData(200, """{"keys":[{"kid":"sig","kty":"RSA","alg":"RS256","use":"sig"}]}""")]
    [InlineData(200, "weak")]
    [InlineData(200, "enc")]
    [InlineData(200, "large")]
    public async Task An_answer_without_a_usable_key_keeps_the_old_keys_and_says_nothing_of_a_new_one(int status, string body)
    {
        await using var realm = await Realm.StartAsync();
        await realm.FindAsync("sig");
        (realm.Status, realm.Keys) = (status, Answer(body));
        realm.Clock.Advance(TimeSpan.FromMinutes(11));
        var unknown = realm.FindAsync("new");
        (await Should.ThrowAsync<KeysUnavailableException>(() => unknown)).RetryAfter.ShouldBe(Realm.Distance);
        (await realm.ValidateAsync(TestToken.Access(realm.Now).Encode())).Problem.ShouldBeNull();
    }

    [Fact]
    public async Task A_key_that_nobody_can_use_does_not_spoil_the_others()
    {
        await using var realm = await Realm.StartAsync();
        var broken = TestKeys.Jwk("broken", TestKeys.Signing, "RS256", "sig");
        broken["n"] = "?";
        realm.Rotate(broken, TestKeys.Jwk("sig", TestKeys.Signing, "RS256", "sig"));
        (await realm.FindAsync("sig")).ShouldNotBeNull();
        (await realm.FindAsync("broken")).ShouldBeNull();
        realm.Fetches.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Without_any_keys_nothing_can_be_said_until_there_are_some()
    {
        await using var realm = await Realm.StartAsync();
        realm.Status = 503;
        await Should.ThrowAsync<KeysUnavailableException>(() => realm.FindAsync("sig"));
        var crowd = Enumerable.Range(0, 101).Select(_ => realm.FindAsync("sig")).ToList();
        crowd.Select(c => c.IsCompleted).ShouldBe([.. Enumerable.Repeat(false, 100), true]);
        await Should.ThrowAsync<KeysUnavailableException>(() => crowd[100]);
        realm.Status = 200;
        realm.Clock.Advance(Realm.Distance);
        (await Task.WhenAll(crowd.Take(100))).ShouldAllBe(key => key != null);
        realm.Fetches.Count.ShouldBe(2);
    }

    private static string Answer(string body) => body switch
    {
        "weak" => TestKeys.Publish(TestKeys.Jwk("new", TestKeys.Weak, "RS256", "sig")).ToJsonString(),
        "enc" => TestKeys.Publish(TestKeys.Jwk("new", TestKeys.Other, "RS256", "enc")).ToJsonString(),
        "large" => TestKeys.Publish(TestKeys.Jwk("new", TestKeys.Other, "RS256", "sig")).ToJsonString().PadRight((1024 * 1024) + 1),
        _ => body,
    };
}
