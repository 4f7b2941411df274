using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace BillingMonolith.Sandbox.Postgres;

/// <summary>A cluster in a folder: made by initdb, started and stopped by pg_ctl.</summary>
internal sealed class PostgresCluster(ServerFolder folder, PostgresBinaries binaries, PostgresSettings settings)
{
    private const int StartAttempts = 5;

    /// <summary>Makes the cluster when there is none. One whose making was interrupted counts as none.</summary>
    public async Task MakeAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder.Cluster)) return;
        folder.Create();
        var unfinished = folder.UnfinishedCluster;
        if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
        Directory.CreateDirectory(unfinished);
        var passwordFile = Path.Combine(unfinished, "password");
        await File.WriteAllTextAsync(passwordFile, RandomNumberGenerator.GetHexString(32, lowercase: true), cancellationToken);
        await PostgresBinaries.GiveToServerAsync([folder.Path, folder.SocketFolder], cancellationToken);
        await binaries.RunAsync("initdb", folder.Path,
        [
            "-D", Path.Combine(unfinished, "data"), "--username=postgres", $"--pwfile={passwordFile}", "--auth=scram-sha-256", "--encoding=UTF8",
            OperatingSystem.IsLinux() ? "--locale=C.UTF-8" : "--no-locale", "--no-instructions",
        ], cancellationToken);
        Directory.Move(unfinished, folder.Cluster);
    }

    /// <summary>Starts the server and waits until it accepts connections; the answer is its port.</summary>
    public async Task<int> LaunchAsync(int? fixedPort, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = fixedPort ?? FreePort();
            await PrepareSocketFolderAsync(cancellationToken);
            await File.WriteAllTextAsync(Path.Combine(folder.DataDirectory, "postgresql.conf"), settings.Render(port, folder.SocketFolder), cancellationToken);
            try
            {
                // -w: pg_ctl returns when the server accepts connections, or says at once that it has died.
                await binaries.RunAsync(
                    "pg_ctl", folder.Path, ["start", "-w", "-s", "-D", folder.DataDirectory, "-l", folder.Log, "-t", "60"], cancellationToken);
                return port;
            }
            catch (InvalidOperationException) when (attempt < StartAttempts)
            {
                // Somebody took the port in between, or the last children of a killed server still hold its shared memory.
                await Task.Delay(TimeSpan.FromMilliseconds(50 << attempt), cancellationToken);
            }
            catch (InvalidOperationException fault)
            {
                throw new InvalidOperationException($"{fault.Message}\nThe end of {folder.Log}:\n{LogTail()}", fault);
            }
        }
    }

    /// <summary>Stops the server when it runs, and waits until it has ended.</summary>
    public async Task StopAsync(string mode)
    {
        if (Postmaster.Read(folder.DataDirectory) is not { } postmaster || !postmaster.IsRunning()) return;
        await binaries.RunAsync("pg_ctl", folder.Path, ["stop", "-w", "-s", "-D", folder.DataDirectory, "-m", mode, "-t", "60"], CancellationToken.None);
    }

    /// <summary>A long path has its socket under /tmp, where a clean-up may have removed it.</summary>
    private Task PrepareSocketFolderAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder.SocketFolder)) return Task.CompletedTask;
        folder.Create();
        return PostgresBinaries.GiveToServerAsync([folder.SocketFolder], cancellationToken);
    }

    private string LogTail() => File.Exists(folder.Log) ? string.Join('\n', File.ReadLines(folder.Log).TakeLast(15)) : "(empty)";

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
