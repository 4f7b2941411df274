using System.Text;
using System.Text.Json;
using BillingMonolith.Host.Webhook;

namespace BillingMonolith.Specs.StripeNeighbour;

public class SignatureSpecs
{
    private const string Secret = "whsec_test_0123456789abcdefghijklmnopqrstuv";
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1766167920);
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"id":"evt_1","name":"Zoë"}""");
    private static readonly string Good = StripeSignature.Sign(Body, Secret, Now);
    private static readonly string Hex = Good[(Good.IndexOf("v1=", StringComparison.Ordinal) + 3)..];

    [Fact]
    public void All_vectors_of_the_contract()
    {
        using var document = JsonDocument.Parse(Contracts.Read("stripe.signature-vectors.json"));
        var vectors = document.RootElement.GetProperty("vectors").EnumerateArray().ToList();
        vectors.Count.ShouldBe(17);
        foreach (var vector in vectors)
        {
            var body = vector.TryGetProperty("body_file", out var file)
                ? Contracts.Read(file.GetString()!)
                : Encoding.UTF8.GetBytes(vector.GetProperty("body_utf8").GetString()!);
            StripeSignature.Verify(
                body,
                vector.GetProperty("header").GetString(),
                [.. vector.GetProperty("secrets").EnumerateArray().Select(s => Encoding.UTF8.GetBytes(s.GetString()!))],
                DateTimeOffset.FromUnixTimeSeconds(vector.GetProperty("now").GetInt64()),
                TimeSpan.FromSeconds(vector.GetProperty("tolerance_seconds").GetInt64()))
                .ShouldBe(vector.GetProperty("valid").GetBoolean(), vector.GetProperty("name").GetString());
        }
    }

    [Fact]
    public void A_known_signature_is_made_as_other_libraries_make_it() =>
        // python: hmac.new(b"whsec_a", b"1700000000.{}", "sha256").hexdigest()
        StripeSignature.Sign("{}"u8, "whsec_a", DateTimeOffset.FromUnixTimeSeconds(1700000000))
            .ShouldBe("t=1700000000,v1=04339dc4f01d6541e8d3b7e4bd93cd2d4f680ccb28592270900b08e49cc09e57");

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(",")]
    [InlineData("hello")]
    [InlineData("t=1766167920")]
    [InlineData("t=1766167920,v1=")]
    [InlineData("t=,v1={hex}")]
    [InlineData("v1={hex}")]
    [InlineData("t=1766167920,v0={hex}")]
    [InlineData("t=1766167920,V1={hex}")]
    [InlineData("t=1766167920,v1={HEX}")]
    [InlineData("t=1766167920,v1={hex}0")]
    [InlineData("t=1766167920,v1={hex63}")]
    [InlineData("t=1766167920,v1=zzzz")]
    [InlineData("t=1766167920,v1={hex},garbage")]
    [InlineData("t=1766167920,v1={hex},")]
    [InlineData("t=1766167920,t=1766167920,v1={hex}")]
    [InlineData("t=-1766167920,v1={hex}")]
    [InlineData("t=+1766167920,v1={hex}")]
    [InlineData("t=1766167920.0,v1={hex}")]
    [InlineData("t=01766167920,v1={hex}")]
    [InlineData("t=9223372036854775807,v1={hex}")]
    [InlineData("t=99999999999999999999999999,v1={hex}")]
    [InlineData("t=1766167920;v1={hex}")]
    public void What_is_no_signature_is_refused(string header) => Verify(header
        .Replace("{hex63}", Hex[..63], StringComparison.Ordinal)
        .Replace("{hex}", Hex, StringComparison.Ordinal)
        .Replace("{HEX}", Hex.ToUpperInvariant(), StringComparison.Ordinal)).ShouldBeFalse();

    [Theory]
    [InlineData("{good}")]
    [InlineData("v1={hex},t=1766167920")]
    [InlineData(" t=1766167920 , v1={hex} ")]
    [InlineData("t=1766167920,v1=0000,v1={hex}")]
    [InlineData("t=1766167920,v1={hex},v0=1,v2=a=b")]
    public void What_is_a_signature_is_accepted(string header) => Verify(header
        .Replace("{good}", Good, StringComparison.Ordinal)
        .Replace("{hex}", Hex, StringComparison.Ordinal)).ShouldBeTrue();

    [Theory]
    [InlineData(0, true)]
    [InlineData(299, true)]
    [InlineData(-299, true)]
    [InlineData(300, true)]
    [InlineData(-300, true)]
    [InlineData(301, false)]
    [InlineData(-301, false)]
    public void The_time_counts_either_way(int seconds, bool valid) =>
        Verify(StripeSignature.Sign(Body, Secret, Now.AddSeconds(seconds))).ShouldBe(valid);

    [Fact]
    public void One_changed_byte_of_the_body_is_refused()
    {
        Verify(Good, [.. Body, (byte)' ']).ShouldBeFalse();
        for (var i = 0; i < Body.Length; i++)
        {
            var changed = Body.ToArray();
            changed[i] ^= 1;
            Verify(Good, changed).ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4085)]
    [InlineData(4086)]
    [InlineData(512 * 1024)]
    public void Bodies_of_any_size_are_read(int size)
    {
        var body = new byte[size];
        Array.Fill(body, (byte)'x');
        Verify(StripeSignature.Sign(body, Secret, Now), body).ShouldBeTrue();
    }

    [Fact]
    public void Any_of_the_secrets_will_do_and_no_other()
    {
        byte[][] secrets = [Bytes("whsec_new"), Bytes(Secret)];
        StripeSignature.Verify(Body, Good, secrets, Now, Tolerance).ShouldBeTrue();
        StripeSignature.Verify(Body, Good, secrets[..1], Now, Tolerance).ShouldBeFalse();
        StripeSignature.Verify(Body, Good, [], Now, Tolerance).ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \t\n")]
    public void A_blank_secret_never_matches_although_anybody_can_sign_with_it(string blank) =>
        StripeSignature.Verify(Body, StripeSignature.Sign(Body, blank, Now), [Bytes(blank)], Now, Tolerance).ShouldBeFalse();

    [Fact]
    public void Verifying_allocates_nothing()
    {
        IReadOnlyList<byte[]> secrets = [Bytes("whsec_new"), Bytes(Secret)];
        var header = $"t=1766167920,v1={new string('0', 64)},v1={Hex}";
        for (var i = 0; i < 50; i++) StripeSignature.Verify(Body, header, secrets, Now, Tolerance).ShouldBeTrue();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) StripeSignature.Verify(Body, header, secrets, Now, Tolerance);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(300);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static bool Verify(string header, byte[]? body = null) => StripeSignature.Verify(body ?? Body, header, [Bytes(Secret)], Now, Tolerance);
}
