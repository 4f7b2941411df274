namespace BillingMonolith.Sandbox.Postgres;

/// <summary>What one may choose about a private server.</summary>
internal sealed record PostgresSettings
{
    /// <summary>Server parameters beside or instead of the usual ones, as in <c>postgresql.conf</c>: name → value.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>A server for one run: it is stopped without ceremony and its folder removed.</summary>
    public bool Throwaway { get; init; }

    /// <summary>The whole of <c>postgresql.conf</c>. Durable as in production: a commit that was acknowledged is on the disk.</summary>
    public string Render(int port, string socketFolder)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["listen_addresses"] = "127.0.0.1",
            ["port"] = port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["unix_socket_directories"] = socketFolder,
            ["unix_socket_permissions"] = "0700",
            ["max_connections"] = "200",
            ["shared_buffers"] = "128MB",
            ["fsync"] = "on",
            ["synchronous_commit"] = "on",
            ["password_encryption"] = "scram-sha-256",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
            ["log_line_prefix"] = "%m [%p] %d ",
        };
        foreach (var (name, value) in Parameters) all[name] = value;
        return string.Concat(all.Select(setting => $"{setting.Key} = '{setting.Value.Replace("'", "''", StringComparison.Ordinal)}'\n"));
    }
}
