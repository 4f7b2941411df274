namespace BillingMonolith.Specs.StripeNeighbour;

/// <summary>The samples that this project does not carry: a folder beside it, named by BILLING_CONTRACTS.</summary>
internal static class Contracts
{
    public static string Folder
    {
        get
        {
            var folder = Environment.GetEnvironmentVariable("BILLING_CONTRACTS");
            if (string.IsNullOrEmpty(folder)) Assert.Skip("Set BILLING_CONTRACTS to the folder with the contract samples.");
            return folder;
        }
    }

    public static byte[] Read(string file) => File.ReadAllBytes(Path.Combine(Folder, file));

    public static byte[] Event(string name) => Read($"events/{name}.json");
}
