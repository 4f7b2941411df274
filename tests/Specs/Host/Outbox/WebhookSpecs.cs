using System.Net;
using BillingMonolith.Notifications;
using BillingMonolith.Sandbox.Webhooks;
using Microsoft.AspNetCore.Http;
using Signing = BillingMonolith.Notifications.StandardWebhooks;

namespace BillingMonolith.Specs.HostRoom.Outbox;

/// <summary>Standard Webhooks: the signature of the specification's example, the schedule, and where nothing is sent.</summary>
public sealed class WebhookSpecs
{
    [Fact]
    public void The_example_of_the_specification_is_signed_as_there()
    {
        const string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        const string id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        const string body = """{"test": 2432232314}""";
        const string signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        Signing.Sign(id, 1614265330, body, [secret]).ShouldBe(signature);
        var two = Signing.Sign(id, 1614265330, body, ["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", secret]);
        two.Split(' ')[1].ShouldBe(signature);
        Convert.FromBase64String(Signing.NewSecret()["whsec_".Length..]).Length.ShouldBe(32);
        Signing.NewSecret().ShouldNotBe(Signing.NewSecret());
    }

    [Theory]
    [InlineData("""{"test": 2432232314}""")]
    [InlineData("""{"name":"Zoë \u0000 🎉","lines":"a\n.b"}""")]
    [InlineData("")]
    public void The_library_of_Standard_Webhooks_signs_alike_and_takes_either_of_two_signatures(string body)
    {
        var (old, @new, stranger) = (Signing.NewSecret(), Signing.NewSecret(), Signing.NewSecret());
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var signatures = Signing.Sign("msg_1", now, body, [@new, old]);
        signatures.Split(' ')[1].ShouldBe(new StandardWebhooks.StandardWebhook(old).Sign("msg_1", DateTimeOffset.FromUnixTimeSeconds(now), body));
        IsSigned(old).ShouldBeTrue();
        IsSigned(@new).ShouldBeTrue();
        IsSigned(stranger).ShouldBeFalse();
        IsSigned(old, now + 1).ShouldBeFalse("another time was signed");
        signatures = Signing.Sign("msg_1", now - 600, body, [old]);
        IsSigned(old, now - 600).ShouldBeFalse("it is too old");

        bool IsSigned(string secret, long? at = null) => WebhookReceiver.IsSigned(new HeaderDictionary
        {
            ["webhook-id"] = "msg_1", ["webhook-timestamp"] = $"{at ?? now}", ["webhook-signature"] = signatures,
        }, body, secret);
    }

    [Fact]
    public void It_is_tried_again_after_the_delays_that_the_specification_recommends()
    {
        var options = new WebhooksOptions();
        double[] hours = [5 / 3600.0, 5 / 60.0, 0.5, 2, 5, 10, 14, 20, 24];
        foreach (var (i, hour) in hours.Index())
            options.DelayAfter(i + 1, new Random(i)).ShouldNotBeNull().TotalHours.ShouldBeInRange(hour * 0.999, hour * 1.101);
        options.DelayAfter(10, new Random(1)).ShouldBeNull();
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.31.0.1", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("127.0.0.53", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd12::1", false)]
    [InlineData("2002:a00:1::1", false)]
    public void Only_addresses_of_the_public_internet_are_for_anybody(string address, bool isPublic) => WebhookHttp.IsPublic(IPAddress.Parse(address)).ShouldBe(isPublic);
}
