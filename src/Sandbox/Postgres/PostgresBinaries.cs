using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace BillingMonolith.Sandbox.Postgres;

/// <summary>PostgreSQL's own programs on this machine, and how they are run: as root, they run as the user <c>postgres</c>, because they refuse root.</summary>
internal sealed partial record PostgresBinaries(string Folder, int Version)
{
    private const int OldestVersion = 15;

    private static readonly (string Parent, string Pattern, string Inside)[] UsualPlaces =
    [
        ("/usr/lib/postgresql", "*", "bin"),
        ("/usr", "pgsql-*", "bin"),
        ("/opt/homebrew/opt", "postgresql@*", "bin"),
        ("/usr/local/opt", "postgresql@*", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "*", "bin"),
    ];

    /// <summary>
    /// Those of the wanted version, else the first on the PATH, else the newest in the usual places.
    /// Throws <see cref="InvalidOperationException"/> with a message that says how to get them.
    /// </summary>
    public static async Task<PostgresBinaries> FindAsync(int? wantedVersion, CancellationToken cancellationToken)
    {
        PostgresBinaries? best = null;
        foreach (var folder in PathFolders())
        {
            best ??= await ReadAsync(folder, wantedVersion, cancellationToken);
        }

        if (best is not null) return best;
        foreach (var folder in UsualPlaces.SelectMany(InstalledIn))
        {
            if (await ReadAsync(folder, wantedVersion, cancellationToken) is { } found && found.Version > (best?.Version ?? 0)) best = found;
        }

        var what = wantedVersion is { } version ? string.Create(CultureInfo.InvariantCulture, $"PostgreSQL {version}") : "PostgreSQL 15 or newer";
        return best ?? throw new InvalidOperationException($"""
            {what} is not installed: no initdb, pg_ctl and postgres on the PATH or in {string.Join(", ", UsualPlaces.Select(p => p.Parent))}.
            To get it:
              Debian, Ubuntu   sudo apt-get install postgresql
              Fedora           sudo dnf install postgresql-server
              macOS            brew install postgresql@17
              Windows          run inside WSL, with Ubuntu's line above
            No service needs to run: the sandbox starts a server of its own.
            """);
    }

    /// <summary>Runs a program to its end. Throws <see cref="InvalidOperationException"/> with what it printed when it fails.</summary>
    public Task<string> RunAsync(string program, string workFolder, string[] arguments, CancellationToken cancellationToken) =>
        RunAsync(Path.Combine(Folder, program), workFolder, Environment.IsPrivilegedProcess ? "postgres" : null, arguments, cancellationToken);

    /// <summary>Gives what root made to the user as whom the server runs; nothing to do for anybody else.</summary>
    public static Task GiveToServerAsync(string[] folders, CancellationToken cancellationToken) => Environment.IsPrivilegedProcess
        ? RunAsync("chown", Path.GetTempPath(), userName: null, ["-R", "postgres:", .. folders], cancellationToken)
        : Task.CompletedTask;

    private static IEnumerable<string> PathFolders() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static IEnumerable<string> InstalledIn((string Parent, string Pattern, string Inside) place) => Directory.Exists(place.Parent)
        ? Directory.EnumerateDirectories(place.Parent, place.Pattern).Select(folder => Path.Combine(folder, place.Inside))
        : [];

    private static async Task<PostgresBinaries?> ReadAsync(string folder, int? wantedVersion, CancellationToken cancellationToken)
    {
        if (!Array.TrueForAll(["initdb", "pg_ctl", "postgres"], program => File.Exists(Path.Combine(folder, program)))) return null;
        if (Environment.IsPrivilegedProcess && !ServerFolder.OthersMayEnter(folder)) return null;
        var printed = await RunAsync(Path.Combine(folder, "postgres"), "/", userName: null, ["--version"], cancellationToken);
        var version = VersionNumber().Match(printed) is { Success: true } match ? int.Parse(match.ValueSpan, CultureInfo.InvariantCulture) : 0;
        return version >= OldestVersion && version == (wantedVersion ?? version) ? new PostgresBinaries(folder, version) : null;
    }

    private static async Task<string> RunAsync(string program, string workFolder, string? userName, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = workFolder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (userName is not null) start.UserName = userName;
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception fault)
        {
            throw new InvalidOperationException(userName is null
                ? $"{program} could not be started: {fault.Message}"
                : $"Root may not run PostgreSQL, and {program} could not be started as the user {userName} ({fault.Message}). "
                  + "Create that user, or do not run as root.", fault);
        }

        // A cancelled initdb must not go on beside the next one.
        await using var cancelled = cancellationToken.Register(process.Kill);
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var printed = (await output + await errors).Trim();
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? printed : throw new InvalidOperationException($"{Path.GetFileName(program)} failed: {printed}");
    }

    [GeneratedRegex(@"\d+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionNumber();
}
