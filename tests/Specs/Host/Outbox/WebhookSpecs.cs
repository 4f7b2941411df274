using System.Net;
using BillingMonolith.Host.Outbox;
using BillingMonolith.Sandbox.Webhooks;

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
        StandardWebhooks.Sign(id, 1614265330, body, [secret]).ShouldBe(signature);
        var two = StandardWebhooks.Sign(id, 1614265330, body, ["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", secret]);
        two.Split(' ')[1].ShouldBe(signature);
        WebhookReceiver.IsSigned(two, id, "1614265330", body, secret).ShouldBeTrue();
        WebhookReceiver.IsSigned(two, id, "1614265331", body, secret).ShouldBeFalse();
        Convert.FromBase64String(StandardWebhooks.NewSecret()["whsec_".Length..]).Length.ShouldBe(32);
        StandardWebhooks.NewSecret().ShouldNotBe(StandardWebhooks.NewSecret());
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
