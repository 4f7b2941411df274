using System.Globalization;

namespace BillingMonolith.Benchmarks;

/// <summary>Processor time that processes have used, in seconds, from /proc: it says what a turn cost, whoever else is on the machine.</summary>
internal static class Cpu
{
    private const double TicksPerSecond = 100;

    public static double OfProcess(int process) => Read(process) is { } stat ? stat.Own : 0;

    /// <summary>A process with its children, also those that have ended.</summary>
    public static double OfFamily(int parent)
    {
        var children = Directory.EnumerateDirectories("/proc")
            .Select(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out var id) ? Read(id) : null);
        return children.OfType<Stat>().Where(c => c.Parent == parent).Sum(c => c.Own) + (Read(parent) is { } stat ? stat.Own + stat.Ended : 0);
    }

    private static Stat? Read(int process)
    {
        try
        {
            // The second field is the program's name in brackets, with anything in it.
            var line = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
            var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ')
                .Select(f => double.TryParse(f, CultureInfo.InvariantCulture, out var number) ? number : 0).ToArray();
            return new Stat((int)fields[1], (fields[11] + fields[12]) / TicksPerSecond, (fields[13] + fields[14]) / TicksPerSecond);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed record Stat(int Parent, double Own, double Ended);
}
