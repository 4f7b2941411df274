using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Kit;

public sealed class HostProcessTests
{
    [Fact]
    public async Task A_host_that_ends_instead_of_listening_says_so_with_its_exit_code()
    {
        var fault = await Should.ThrowAsync<InvalidOperationException>(() => HostProcess.StartAsync([], TestContext.Current.CancellationToken));
        fault.Message.ShouldContain("exit code");
    }
}
