using BillingMonolith.Journeys.Kit;
using BillingMonolith.Sandbox;

namespace BillingMonolith.Journeys.Crashes;

/// <summary>Writes down which host ended each step, and in which role. The database tells it, so no host has to be believed.</summary>
internal static class Witness
{
    public static Task InstallAsync(Journey journey) => journey.ScalarAsync<object>("""
        CREATE TABLE witness (event_id text, command text, host text, role text);
        GRANT INSERT ON witness TO billing_app;
        CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO witness VALUES (NEW.event_id, NEW.command, current_setting('application_name'), current_user);
          RETURN NULL;
        END $$;
        CREATE TRIGGER witness AFTER UPDATE ON inbox_steps FOR EACH ROW WHEN (NEW.outcome IS NOT NULL) EXECUTE FUNCTION witness();
        """);

    /// <summary>A host whose connections carry its name.</summary>
    public static Task<HostProcess> StartHostAsync(Journey journey, string name) =>
        journey.World.StartHostAsync(new Dictionary<string, string?> { ["DATABASE_URL"] = $"{journey.World.ConnectionString};Application Name={name}" });

    /// <summary>How many steps each host ended.</summary>
    public static async Task<Dictionary<string, long>> StepsByHostAsync(Journey journey) =>
        (await journey.RowsAsync<(string Host, long Steps)>("SELECT host, count(*) FROM witness GROUP BY host")).ToDictionary(r => r.Host, r => r.Steps);
}
