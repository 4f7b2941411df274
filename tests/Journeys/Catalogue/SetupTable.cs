using BillingMonolith.Journeys.Intake;
using BillingMonolith.Journeys.Kit;

namespace BillingMonolith.Journeys.Catalogue;

/// <summary>What the set-up's commands write, row by row.</summary>
internal static class SetupTable
{
    internal sealed record Row(string What, string Should, string There, string Happened);

    public static List<Row> Rows(string text) =>
    [
        .. from line in text.Split('\n')
           let cells = line.Split('│', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
           where cells.Length == 4 && cells[0] != "what"
           select new Row(cells[0], cells[1], cells[2], cells[3]),
    ];

    /// <summary>Runs <c>setup …</c> in the journey's world, with more or other settings (null takes one away).</summary>
    public static async Task<(int Code, string Text, List<Row> Rows)> RunAsync(Journey journey, string command, Dictionary<string, string?>? settings = null)
    {
        var all = new Dictionary<string, string?>(journey.World.Settings);
        foreach (var (key, value) in settings ?? []) all[key] = value;
        var (code, text) = await StartTests.RunAsync(all, ["setup", .. command.Split(' ')]);
        return (code, text, Rows(text));
    }
}
