using System.Text;
using BillingMonolith.Host.Webhook;
using BillingMonolith.Inbox;

namespace BillingMonolith.Specs.StripeNeighbour;

public class EnvelopeSpecs
{
    [Fact]
    public void It_reads_what_the_event_says()
    {
        Scan("""
            {"id":"evt_1","object":"event","api_version":"2025-11-17.clover","created":1766167913,
             "data":{"object":{"id":"cs_1","type":"x","created":1}},"livemode":false,"pending_webhooks":1,"type":"checkout.session.completed"}
            """).ShouldBe(new EventEnvelope(
                "evt_1", "checkout.session.completed", DateTimeOffset.FromUnixTimeSeconds(1766167913), Livemode: false, "2025-11-17.clover", "event"));
    }

    [Fact]
    public void A_thin_event_is_one_too() =>
        Scan("""{"id":"evt_t","object":"v2.core.event","type":"v1.customer.subscription.updated","created":"2026-10-28T12:00:00.000Z","livemode":true}""")
            .ShouldBe(new EventEnvelope("evt_t", "v1.customer.subscription.updated",
                new DateTimeOffset(2026, 10, 28, 12, 0, 0, TimeSpan.Zero), Livemode: true, ApiVersion: null, "v2.core.event"));

    [Fact]
    public void What_may_be_absent_is_null()
    {
        var envelope = Scan("""{"id":"evt_1","type":"a","created":1,"api_version":null,"livemode":null}""");
        envelope.ShouldNotBeNull();
        (envelope.Value.Livemode, envelope.Value.ApiVersion, envelope.Value.Object).ShouldBe((null, null, null));
    }

    [Fact]
    public void Every_sample_has_one()
    {
        var files = Directory.GetFiles(Path.Combine(Contracts.Folder, "events"));
        files.Length.ShouldBe(36);
        foreach (var file in files) EnvelopeScan.TryScan(File.ReadAllBytes(file), out _).ShouldBeTrue(file);
    }

    [Theory]
    [InlineData("100000 arrays", 100_000, "[", "]")]
    [InlineData("100000 objects", 100_000, """{"id":""", "}")]
    public void Depth_does_not_stop_it(string why, int depth, string open, string close)
    {
        var deep = string.Concat(Enumerable.Repeat(open, depth)) + "1" + string.Concat(Enumerable.Repeat(close, depth));
        Scan($$"""{"id":"evt_1","type":"a","data":{{deep}},"created":1}""").ShouldNotBeNull(why);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\"evt_1\"")]
    [InlineData("""[{"id":"evt_1","type":"a","created":1}]""")]
    [InlineData("""{"type":"a","created":1}""")]
    [InlineData("""{"id":"evt_1","created":1}""")]
    [InlineData("""{"id":"evt_1","type":"a"}""")]
    [InlineData("""{"id":null,"type":"a","created":1}""")]
    [InlineData("""{"id":"","type":"a","created":1}""")]
    [InlineData("""{"id":1,"type":"a","created":1}""")]
    [InlineData("""{"id":{"id":"evt_1"},"type":"a","created":1}""")]
    [InlineData("""{"id":"evt_1","type":"","created":1}""")]
    [InlineData("""{"id":"evt_1","type":null,"created":1}""")]
    [InlineData("""{"id":"evt\u0000","type":"a","created":1}""")]
    [InlineData("""{"id":"evt 1","type":"a","created":1}""")]
    [InlineData("""{"id":"evt_é","type":"a","created":1}""")]
    [InlineData("""{"id":"evt_\ud800","type":"a","created":1}""")]
    [InlineData("""{"id":"evt_1","type":"a\n","created":1}""")]
    [InlineData("""{"id":"evt_1","id":"evt_2","type":"a","created":1}""")]
    [InlineData("""{"id":"evt_1","\u0069d":"evt_2","type":"a","created":1}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":1,"type":"a"}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":1,"created":1}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":1,"livemode":true,"livemode":false}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":0}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":-1}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":1.5}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":"1766167913"}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":null}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":253402300800}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":99999999999999999999}""")]
    [InlineData("""{"id":"evt_1","object":"event","type":"a","created":"2026-10-28T12:00:00.000Z"}""")]
    [InlineData("""{"id":"evt_1","object":"v2.core.event","type":"a","created":"yesterday"}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":1,"livemode":"true"}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":1,"api_version":1}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":1""")]
    [InlineData("""{"id":"evt_1","type":"a","created":1}}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":1}{}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":1} x""")]
    [InlineData("""{"id":"evt_1","type":"a","created":1,}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":1,"data":{"object":{}""")]
    [InlineData("""{"id":"evt_1","type":"a","created":1,"data":[}]}""")]
    [InlineData("<html>502</html>")]
    public void What_is_no_event_has_none(string body) => Scan(body).ShouldBeNull();

    [Fact]
    public void Bytes_that_are_not_text_have_none()
    {
        byte[] body = [.. "{\"id\":\"evt_"u8, 0xFF, .. "\",\"type\":\"a\",\"created\":1}"u8];
        EnvelopeScan.TryScan(body, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void An_id_has_at_most_255_characters(int length, bool valid)
    {
        var id = new string('e', length);
        (Scan($$"""{"id":"{{id}}","type":"a","created":1}""") is not null).ShouldBe(valid);
        var escaped = string.Concat(Enumerable.Repeat("\\u0065", length));
        (Scan($$"""{"id":"{{escaped}}","type":"a","created":1}""") is not null).ShouldBe(valid);
    }

    [Fact]
    public void The_usual_event_allocates_its_id_and_nothing_else()
    {
        var body = """
            {"id":"evt_1Sg89cLq7pR2xKc9unheMNi1","object":"event","api_version":"2025-11-17.clover","created":1766167913,
             "data":{"object":{"id":"cs_1","metadata":{"a":"b"}}},"livemode":false,"type":"checkout.session.completed"}
            """u8.ToArray();
        for (var i = 0; i < 50; i++) EnvelopeScan.TryScan(body, out _).ShouldBeTrue();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) EnvelopeScan.TryScan(body, out _);
        ((GC.GetAllocatedBytesForCurrentThread() - before) / 100).ShouldBeLessThanOrEqualTo(22 + (2 * 28) + 8);
    }

    private static EventEnvelope? Scan(string body) => EnvelopeScan.TryScan(Encoding.UTF8.GetBytes(body), out var envelope) ? envelope : null;
}
