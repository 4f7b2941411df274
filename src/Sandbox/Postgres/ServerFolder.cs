using System.Security.Cryptography;
using System.Text;

namespace BillingMonolith.Sandbox.Postgres;

/// <summary>What a private server keeps on disk, and where. Its lock stands beside it, so that it is held before the folder exists.</summary>
internal sealed class ServerFolder(string path)
{
    // sun_path holds 108 bytes with its final zero (macOS: 104); a name is "/.s.PGSQL.65535".
    private const int LongestSocketFolder = 103 - 15;

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const string OnWindows = "The sandbox's PostgreSQL needs Linux or macOS. On Windows, run the sandbox inside WSL.";

    public string Path { get; } = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));

    public string Cluster => System.IO.Path.Combine(Path, "cluster");

    /// <summary>The cluster while initdb makes it: only the rename to <see cref="Cluster"/> says that it is complete.</summary>
    public string UnfinishedCluster => System.IO.Path.Combine(Path, "cluster.unfinished");

    public string DataDirectory => System.IO.Path.Combine(Cluster, "data");

    public string PasswordFile => System.IO.Path.Combine(Cluster, "password");

    public string Log => System.IO.Path.Combine(Path, "server.log");

    public string LockFile => Path + ".lock";

    public string SocketFolder => Encoding.UTF8.GetByteCount(Path) <= LongestSocketFolder
        ? Path
        : $"/tmp/billingmonolith-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path)))[..12]}";

    /// <summary>The version that made the cluster; null when there is none yet.</summary>
    public int? Version
    {
        get
        {
            var file = System.IO.Path.Combine(DataDirectory, "PG_VERSION");
            return File.Exists(file) && int.TryParse(File.ReadAllText(file), out var version) ? version : null;
        }
    }

    /// <summary>A folder of this user in the system's temporary one; as root, in one that the user postgres can enter.</summary>
    public static string OwnTemporary(string purpose)
    {
        if (OperatingSystem.IsWindows()) throw new PlatformNotSupportedException(OnWindows);
        var parent = Environment.IsPrivilegedProcess && !OthersMayEnter(System.IO.Path.GetTempPath()) ? "/tmp" : System.IO.Path.GetTempPath();
        var folder = System.IO.Path.Combine(parent, $"billingmonolith-{purpose}-{Environment.UserName}");
        Directory.CreateDirectory(folder);
        // Only the owner may do this, so a folder that somebody else has laid in wait is refused here.
        File.SetUnixFileMode(folder, Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return folder;
    }

    public static bool OthersMayEnter(string folder)
    {
        for (var ancestor = new DirectoryInfo(System.IO.Path.GetFullPath(folder)); ancestor is not null; ancestor = ancestor.Parent)
        {
            if (ancestor.Exists && !ancestor.UnixFileMode.HasFlag(UnixFileMode.OtherExecute)) return false;
        }

        return true;
    }

    /// <summary>Takes the folder for this process, until it is disposed or the process ends; null when another has it.</summary>
    public FileStream? TryLock()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        try
        {
            return new FileStream(LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Create()
    {
        if (OperatingSystem.IsWindows()) throw new PlatformNotSupportedException(OnWindows);
        Directory.CreateDirectory(Path, Private);
        Directory.CreateDirectory(SocketFolder, Private);
    }

    public void Delete()
    {
        if (Directory.Exists(SocketFolder)) Directory.Delete(SocketFolder, recursive: true);
        if (Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
        File.Delete(LockFile);
    }
}
