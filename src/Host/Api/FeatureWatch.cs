using BillingMonolith.SharedKernel;

namespace BillingMonolith.Host.Api;

/// <summary>Polls for changes whose notice was missed. While it cannot, features are read from the database.</summary>
internal sealed class FeatureWatch(FeatureCache features, TimeProvider time, Random random, ILogger<FeatureWatch> log)
    : Sweep("The look for changed features", time, random, log)
{
    protected override TimeSpan Every => features.Poll;

    public override Task SweepAsync(CancellationToken cancellationToken) => features.LookAsync(cancellationToken);
}
