using Microsoft.Extensions.Primitives;

namespace BillingMonolith.Host.Startup;

/// <summary>
/// Names that existing deployments use, supported beside .NET's own (<c>Stripe__SecretKey</c>), which take precedence. Values may come from the
/// environment or from files, one per setting, in the folder named by SECRETS_DIR; changed files are read again without a restart.
/// </summary>
internal sealed class EnvironmentNames(IConfigurationRoot outer) : ConfigurationProvider, IConfigurationSource
{
    private static readonly Dictionary<string, string> Names = new()
    {
        ["STRIPE_API_KEY"] = "Stripe:SecretKey",
        ["STRIPE_SECRET_KEY"] = "Stripe:SecretKey",
        ["STRIPE_WEBHOOK_SECRET"] = "Stripe:WebhookSecret",
        ["STRIPE_WEBHOOK_SECRET_CREDITS"] = "Stripe:WebhookSecretCredits",
        ["LAGO_API_URL"] = "Lago:Url",
        ["LAGO_API_KEY"] = "Lago:ApiKey",
        ["KEYCLOAK_URL"] = "Keycloak:Url",
        ["KEYCLOAK_REALM"] = "Keycloak:Realm",
        ["KEYCLOAK_CLIENT_ID"] = "Keycloak:ClientId",
        ["KEYCLOAK_CLIENT_SECRET"] = "Keycloak:ClientSecret",
        ["DATABASE_URL"] = "Database:ConnectionString",
    };

    /// <summary>Adds the files and the names to a configuration whose other sources are complete; the command line still takes precedence over all.</summary>
    public static void AddTo(ConfigurationManager configuration, string[] args)
    {
        var sources = new ConfigurationBuilder().AddEnvironmentVariables();
        var folder = configuration["SECRETS_DIR"] ?? "/run/secrets";
        if (Directory.Exists(folder)) sources.AddKeyPerFile(k =>
        {
            k.FileProvider = new Microsoft.Extensions.FileProviders.PhysicalFileProvider(Path.GetFullPath(folder));
            k.Optional = true;
            k.ReloadOnChange = true;
        });
        IConfigurationRoot outer = sources.Build();
        ((IConfigurationBuilder)configuration).Add(new EnvironmentNames(outer));
        configuration.AddConfiguration(outer).AddCommandLine(args);
    }

    public IConfigurationProvider Build(IConfigurationBuilder builder)
    {
        ChangeToken.OnChange(outer.GetReloadToken, () =>
        {
            Load();
            OnReload();
        });
        return this;
    }

    public override void Load() => Data = Names
        .Where(n => outer[n.Key] is { Length: > 0 })
        .GroupBy(n => n.Value, n => outer[n.Key])
        .ToDictionary(g => g.Key, g => g.Last(), StringComparer.OrdinalIgnoreCase);
}
