using System.Diagnostics;
using System.Globalization;

namespace BillingMonolith.Sandbox.Postgres;

/// <summary>The server process that a data directory's <c>postmaster.pid</c> names.</summary>
internal sealed record Postmaster(int Pid, int Port, string Claim)
{
    public static string PidFile(string dataDirectory) => Path.Combine(dataDirectory, "postmaster.pid");

    /// <summary>Null when no server is said to run there. The port is 0 while the server is still writing the file.</summary>
    public static Postmaster? Read(string dataDirectory)
    {
        if (ReadOrNull(PidFile(dataDirectory)) is not { } claim) return null;
        var lines = claim.Split('\n');
        _ = int.TryParse(lines[0], CultureInfo.InvariantCulture, out var pid);
        _ = int.TryParse(lines.ElementAtOrDefault(3), CultureInfo.InvariantCulture, out var port);
        return new Postmaster(pid, port, claim);
    }

    /// <summary>
    /// Whether the process lives and is the one that wrote the file. In a container without a reaping init a dead postmaster stays as a zombie
    /// (it has a number and no working folder), and after a reboot its number may belong to anybody.
    /// </summary>
    public bool IsRunning()
    {
        if (!OperatingSystem.IsLinux()) return HasPostgresName();
        // A postmaster's working folder is its data directory, so this is the pid file that it wrote; its first lines are its number and that folder.
        var own = ReadOrNull(string.Create(CultureInfo.InvariantCulture, $"/proc/{Pid}/cwd/postmaster.pid"));
        return own?.Split('\n').Take(2).SequenceEqual(Claim.Split('\n').Take(2)) ?? false;
    }

    private bool HasPostgresName()
    {
        try
        {
            using var process = Process.GetProcessById(Pid);
            return process.ProcessName == "postgres";
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string? ReadOrNull(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
