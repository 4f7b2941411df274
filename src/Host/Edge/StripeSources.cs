using System.Net;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.SharedKernel;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.FileProviders.Physical;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace BillingMonolith.Host.Edge;

/// <summary>
/// The addresses that webhooks may come from, if Stripe:SourcesFile names them; in addition to the signature and never instead of it. A changed file takes
/// effect within seconds; an invalid one leaves the previous addresses in force.
/// </summary>
internal sealed class StripeSources : IDisposable
{
    private readonly ILogger<StripeSources> log;
    private readonly string? file;
    private readonly PhysicalFileProvider? folder;
    private readonly IDisposable? changes;
    private volatile IReadOnlyList<IPNetwork> ranges = [];

    public StripeSources(IOptions<StripeOptions> options, ILogger<StripeSources> log)
    {
        this.log = log;
        if (options.Value.SourcesFile is not { Length: > 0 } configured) return;
        file = Path.GetFullPath(configured);
        // Polled every four seconds, because not every mounted volume sends notifications, and nothing here is urgent.
        folder = new PhysicalFileProvider(Path.GetDirectoryName(file)!, ExclusionFilters.None) { UsePollingFileWatcher = true, UseActivePolling = true };
        changes = ChangeToken.OnChange(() => folder.Watch(Path.GetFileName(file)), Load);
        Load();
    }

    /// <summary>The problem of the configured file at start.</summary>
    public static IEnumerable<string> Problems(IConfiguration configuration)
    {
        if (configuration[$"{StripeOptions.Section}:{nameof(StripeOptions.SourcesFile)}"] is not { Length: > 0 } file) return [];
        try
        {
            SourcesFile.Read(file);
            return [];
        }
        catch (FormatException e)
        {
            return [$"Stripe:SourcesFile '{file}' is not usable: {e.Message}. "
                + "Set Stripe__SourcesFile to a copy of https://stripe.com/files/ips/ips_webhooks.txt, or leave it out."];
        }
    }

    public bool Allow(IPAddress? address) => file is null || ranges.Contains(address);

    public void Dispose()
    {
        changes?.Dispose();
        folder?.Dispose();
    }

    private void Load()
    {
        try
        {
            ranges = SourcesFile.Read(file!);
            log.LogInformation("Webhooks are taken from Stripe's addresses only: {Count} addresses and networks", ranges.Count);
        }
        catch (FormatException e)
        {
            log.LogCritical("The changed Stripe:SourcesFile is not usable: {Reason}. The previous {Count} addresses and networks stay in force",
                e.Message, ranges.Count);
        }
    }
}
