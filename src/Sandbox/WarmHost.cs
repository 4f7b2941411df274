using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using System.Threading.Channels;

namespace BillingMonolith.Sandbox;

/// <summary>
/// A process that runs the Host again and again, each time in an environment of its own: starting it anew costs two seconds of a processor, most of them
/// for compiling what was compiled a moment ago. It is killed and stopped as any other; one that ended in another way than it was told to is not used again.
/// </summary>
internal sealed class WarmHost
{
    /// <summary>What starts the other side of this.</summary>
    public const string Command = "run-hosts";

    private const string Idle = "The host has ended; the process waits for another.";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly ConcurrentBag<WarmHost> Waiting = [];
    private TaskCompletionSource idle = new();
    private Action<string?> sink = _ => { };

    private WarmHost(ProcessStartInfo start)
    {
        string[] arguments = ["exec", "--runtimeconfig", Beside("BillingMonolith.Host.runtimeconfig.json"), Beside("BillingMonolith.Sandbox.dll"), Command];
        start.ArgumentList.Clear();
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["DOTNET_TC_CallCounting"] = "0"; // no host lives long enough for faster code to be worth compiling everything twice
        start.RedirectStandardInput = true;
        Process = HostProcess.Begin(start, Take);
    }

    /// <summary>Whether processes are kept. The demo and benchmarks want new ones.</summary>
    public static bool IsOn { get; set; }

    public Process Process { get; }

    /// <summary>Runs the Host in a process that waits, or in a new one.</summary>
    /// <param name="start">How it would be started cold, with its whole environment.</param>
    /// <param name="sink">Gets every line that it prints.</param>
    public static WarmHost Run(ProcessStartInfo start, Action<string?> sink)
    {
        var environment = JsonSerializer.Serialize(start.Environment);
        if (!Waiting.TryTake(out var host) || host.Process.HasExited) host = new WarmHost(start);
        (host.sink, host.idle) = (sink, new(TaskCreationOptions.RunContinuationsAsynchronously));
        host.Process.StandardInput.WriteLine(environment);
        host.Process.StandardInput.Flush();
        return host;
    }

    /// <summary>Ends the Host and keeps its process; false when it did not end soon, and has to be killed.</summary>
    public async Task<bool> EndAsync()
    {
        try
        {
            await Process.StandardInput.WriteLineAsync();
            await Process.StandardInput.FlushAsync();
            await idle.Task.WaitAsync(Patience);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            return false;
        }

        Waiting.Add(this);
        return true;
    }

    /// <summary>Ends the processes that wait.</summary>
    public static void EndAll()
    {
        while (Waiting.TryTake(out var host)) host.Process.Kill();
    }

    /// <summary>The other side: reads a line for each Host, which is its environment, and an empty one when it shall end.</summary>
    public static async Task<int> ServeAsync()
    {
        var lines = Channel.CreateUnbounded<string>();
        var isAsked = false;
        _ = Task.Factory.StartNew(() =>
        {
            while (Console.In.ReadLine() is { } line)
            {
                if (line.Length > 0) lines.Writer.TryWrite(line);
                else
                {
                    Volatile.Write(ref isAsked, true);
                    HostProcess.Signal(Environment.ProcessId, 15);
                }
            }

            Environment.Exit(1); // who started us is gone
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var program = Assembly.Load("BillingMonolith.Host").EntryPoint!;
        await foreach (var line in lines.Reader.ReadAllAsync())
        {
            foreach (string name in Environment.GetEnvironmentVariables().Keys) Environment.SetEnvironmentVariable(name, null);
            foreach (var (name, value) in JsonSerializer.Deserialize<Dictionary<string, string?>>(line)!) Environment.SetEnvironmentVariable(name, value);
            Volatile.Write(ref isAsked, false);
            var code = (int)program.Invoke(null, BindingFlags.DoNotWrapExceptions, binder: null, [Array.Empty<string>()], culture: null)!;
            if (!Volatile.Read(ref isAsked)) return code;
            await Console.Out.WriteLineAsync(Idle);
        }

        return 0;
    }

    private void Take(string? line)
    {
        if (line == Idle) idle.TrySetResult();
        else sink(line);
    }

    private static string Beside(string file) => Path.Combine(AppContext.BaseDirectory, file);
}
