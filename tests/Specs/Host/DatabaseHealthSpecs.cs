using BillingMonolith.Host.Health;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BillingMonolith.Specs.HostRoom;

/// <summary>What of the database keeps a host from storing what it is sent.</summary>
public sealed class DatabaseHealthSpecs
{
    [Theory]
    [InlineData("billing_app", false, "", HealthStatus.Healthy, null)]
    [InlineData("billing_app", true, "", HealthStatus.Unhealthy, "read-only")]
    [InlineData("billing_app", false, "0002_more.sql", HealthStatus.Unhealthy, "0002_more.sql")]
    [InlineData("owner", false, "", HealthStatus.Degraded, "as role 'owner'")]
    [InlineData("owner", false, "0002_more.sql", HealthStatus.Unhealthy, "command migrate")]
    public void What_cannot_be_stored_to_is_unready_and_what_is_less_guarded_degraded(
        string role, bool readOnly, string missing, HealthStatus status, string? said)
    {
        var result = DatabaseHealth.Judge(role, readOnly, missing.Length == 0 ? [] : [missing]);
        result.Status.ShouldBe(status);
        if (said is null) result.Description.ShouldBeNull();
        else result.Description!.ShouldContain(said);
    }
}
