using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace BillingMonolith.Sandbox;

/// <summary>
/// The Host as a process of its own, configured by its environment alone, as in production. It can be ended or stopped at any instant, as a machine can.
/// </summary>
internal sealed partial class HostProcess : IAsyncDisposable
{
    /// <summary>What of our own environment the Host gets to see: enough to run, and no setting of whoever started us.</summary>
    private static readonly string[] Inherited = ["PATH", "HOME", "TMPDIR", "LANG", "USER", "DOTNET_ROOT", "DOTNET_NOLOGO"];

    private const string Program = "BillingMonolith.Host.dll";
    private const int MostLines = 20_000;

    private readonly ConcurrentQueue<string> log = new();
    private readonly Process process;
    private readonly WarmHost? warm;
    private readonly TaskCompletionSource<string> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool disposed;

    private HostProcess(ProcessStartInfo start, bool isWarm)
    {
        warm = isWarm ? WarmHost.Run(start, Take) : null;
        process = warm?.Process ?? Begin(start, Take);
        Id = process.Id;
    }

    /// <summary>Base address without a trailing slash.</summary>
    public string Url { get; private set; } = "";

    public int Id { get; }

    public bool HasExited => disposed || process.HasExited;

    /// <summary>What it has printed of late, oldest first: standard output and standard error.</summary>
    public IReadOnlyList<string> Log => [.. log];

    /// <summary>Starts the Host that stands beside this assembly and waits until it listens, on a free port unless the environment names one.</summary>
    /// <param name="environment">Its settings; null removes a variable.</param>
    /// <param name="cancellationToken">Ends the wait, and the process.</param>
    /// <param name="program">Another web server beside this assembly, to be compared with the Host.</param>
    /// <exception cref="InvalidOperationException">It ended instead of listening; the message has the exit code and what it printed.</exception>
    public static async Task<HostProcess> StartAsync(
        IEnumerable<KeyValuePair<string, string?>> environment, CancellationToken cancellationToken, string program = Program)
    {
        var settings = environment.ToList();
        // What the runtime and OpenSSL read themselves, they read once.
        var isWarm = WarmHost.IsOn && program == Program
            && settings.TrueForAll(s => !Inherited.Contains(s.Key) && !s.Key.StartsWith("DOTNET_", StringComparison.Ordinal)
                && !s.Key.StartsWith("SSL_", StringComparison.Ordinal));
        var host = new HostProcess(Start(settings, [], program), isWarm);
        try
        {
            var exited = host.process.WaitForExitAsync(cancellationToken);
            await Task.WhenAny(host.listening.Task, exited).WaitAsync(cancellationToken);
            if (!host.listening.Task.IsCompleted) await exited;
            if (!host.listening.Task.IsCompleted) throw host.EndedEarly();
            host.Url = await host.listening.Task;
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the Host with a command (such as <c>health</c>) and does not wait for it to listen.</summary>
    public static HostProcess Launch(IEnumerable<KeyValuePair<string, string?>> environment, IEnumerable<string> arguments) =>
        new(Start(environment, arguments, Program), isWarm: false);

    private static ProcessStartInfo Start(IEnumerable<KeyValuePair<string, string?>> environment, IEnumerable<string> arguments, string program)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, program), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var name in start.Environment.Keys.Except(Inherited).ToArray()) start.Environment.Remove(name);
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return start;
    }

    /// <summary>SIGKILL: it ends where it stands, and has ended when this returns, so that another can have its address.</summary>
    public void Kill()
    {
        process.Kill();
        process.WaitForExit(TimeSpan.FromSeconds(10));
    }

    /// <summary>SIGTERM: it may finish what it does.</summary>
    public void Terminate() => Signal(15);

    /// <summary>SIGSTOP: it stands still and does not know it, as a paused virtual machine.</summary>
    public void Suspend() => Signal(OperatingSystem.IsLinux() ? 19 : 17);

    /// <summary>SIGCONT: it goes on after <see cref="Suspend"/>.</summary>
    public void Resume() => Signal(OperatingSystem.IsLinux() ? 18 : 19);

    /// <summary>Waits for its end; the answer is the exit code.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (disposed) return;
        disposed = true;
        if (warm is not null && !process.HasExited && await warm.EndAsync()) return;
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    /// <summary>Starts a process; every line that it prints is taken.</summary>
    internal static Process Begin(ProcessStartInfo start, Action<string?> take)
    {
        var begun = new Process { StartInfo = start };
        begun.OutputDataReceived += (_, line) => take(line.Data);
        begun.ErrorDataReceived += (_, line) => take(line.Data);
        begun.Start();
        begun.BeginOutputReadLine();
        begun.BeginErrorReadLine();
        return begun;
    }

    private InvalidOperationException EndedEarly() => new(string.Create(CultureInfo.InvariantCulture,
        $"The Host ended with exit code {process.ExitCode} before it listened. It printed:\n{string.Join('\n', Log)}"));

    private void Take(string? line)
    {
        if (line is null) return;
        log.Enqueue(line);
        if (log.Count > MostLines) log.TryDequeue(out _);
        if (ListeningLine().Match(line) is { Success: true } match) listening.TrySetResult(match.Groups["url"].Value);
    }

    private void Signal(int signal)
    {
        if (!process.HasExited) Signal(Id, signal); // our own child that we have not waited for: its number cannot belong to anybody else yet
    }

    internal static void Signal(int process, int signal)
    {
        if (SendSignal(process, signal) != 0) throw new InvalidOperationException($"kill: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);

    [GeneratedRegex(@"Now listening on: (?<url>http://[^\s""\\]+)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ListeningLine();
}
