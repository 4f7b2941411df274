using System.Net;
using BillingMonolith.Host.Edge;
using BillingMonolith.SharedKernel;

namespace BillingMonolith.Specs.HostRoom.Edge;

/// <summary>Addresses as people and Stripe write them.</summary>
public sealed class SourcesFileSpecs
{
    [Theory]
    [InlineData("3.18.12.63\n3.130.192.231\n")]
    [InlineData("# Stripe\r\n\r\n3.18.12.63   # Ohio\r\n  3.130.192.231")]
    [InlineData("""{"WEBHOOKS":["3.18.12.63","3.130.192.231"]}""")]
    [InlineData("\n {\"API\":[\"192.0.2.1\"],\"WEBHOOKS\":[\"3.18.12.63\",\"3.130.192.0/24\"]}")]
    [InlineData("::ffff:3.18.12.63\n3.130.0.0/16")]
    public void A_list_is_read_in_every_form(string text)
    {
        var ranges = SourcesFile.Parse(text);
        foreach (var address in (string[])["3.18.12.63", "::ffff:3.18.12.63", "3.130.192.231"]) ranges.Contains(IPAddress.Parse(address)).ShouldBeTrue(address);
        foreach (var address in (string[])["3.18.12.64", "192.0.2.1", "::1"]) ranges.Contains(IPAddress.Parse(address)).ShouldBeFalse(address);
        ranges.Contains(address: null).ShouldBeFalse();
    }

    [Fact]
    public void An_IPv6_network_contains_its_addresses_only()
    {
        var ranges = SourcesFile.Parse("2001:db8::/32");
        ranges.Contains(IPAddress.Parse("2001:db8:ffff::1")).ShouldBeTrue();
        ranges.Contains(IPAddress.Parse("2001:db9::1")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("", "no address")]
    [InlineData("# nothing\n", "no address")]
    [InlineData("""{"WEBHOOKS":[]}""", "no address")]
    [InlineData("""{"API":["192.0.2.1"]}""", "not JSON of the form")]
    [InlineData("""{"WEBHOOKS":["192.0.2.1",7]}""", "not JSON of the form")]
    [InlineData("""{"WEBHOOKS":"192.0.2.1"}""", "not JSON of the form")]
    [InlineData("{\"WEBHOOKS\":[\"192.0.2.1\"", "not JSON of the form")]
    [InlineData("3.18.12.63\n<html>", "'<html>' is neither")]
    [InlineData("3.18.12.63\n3.130.1", "'3.130.1' is neither")] // a download that broke off
    [InlineData("3.18.12.63/8", "'3.18.12.63/8' is neither")]
    [InlineData("3.18.12/24", "'3.18.12/24' is neither")]
    [InlineData("010.0.0.1", "'010.0.0.1' is neither")]
    [InlineData("10.0.0.0/33", "'10.0.0.0/33' is neither")]
    public void What_is_not_wholly_understood_is_not_used(string text, string reason) =>
        Should.Throw<FormatException>(() => SourcesFile.Parse(text)).Message.ShouldContain(reason);

    [Fact]
    public void A_file_that_is_not_there_or_too_large_is_said_to_be()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, new string('#', 1024 * 1024 + 1));
        Should.Throw<FormatException>(() => SourcesFile.Read(file)).Message.ShouldContain("larger than 1 MiB");
        File.Delete(file);
        Should.Throw<FormatException>(() => SourcesFile.Read(file)).Message.ShouldContain("cannot be read");
        Should.Throw<FormatException>(() => SourcesFile.Read(Path.GetTempPath())).Message.ShouldContain("cannot be read");
    }
}
