using System.Globalization;
using FluentValidation;
using Npgsql;

namespace BillingMonolith.Host.Database;

/// <summary>
/// The database. One login is enough: the host migrates as its owner and works as the role <c>billing_app</c>, which cannot change what is
/// append-only.
/// </summary>
internal sealed class DatabaseOptions
{
    public const string Section = "Database";

    /// <summary>Npgsql's form (<c>Host=…;Username=…</c>) or a URL (<c>postgres://user:password@host/database?sslmode=require</c>).</summary>
    public string? ConnectionString { get; set; }
    /// <summary>False = the command <c>migrate</c> updates the schema, not the start.</summary>
    public bool Migrate { get; set; } = true;
    public int MaxConnections { get; set; } = 40;

    /// <summary>The owner's connection string.</summary>
    public string Owner => Parsed().ConnectionString;

    /// <summary>
    /// The application's: the same login, reduced to its role on every connection. A host that hangs inside a transaction loses it, and
    /// its locks, with its lease, because otherwise nobody could continue with that user.
    /// </summary>
    public string Application(TimeSpan lease)
    {
        var parsed = Parsed();
        parsed.Options = string.Create(CultureInfo.InvariantCulture,
            $"{parsed.Options} -c role={Schema.ApplicationRole} -c idle_in_transaction_session_timeout={lease.TotalMilliseconds:0}").Trim();
        parsed.NoResetOnClose = true; // all our settings are local to a transaction; a reset would cost each use of a connection a statement
        parsed.MaxPoolSize = MaxConnections;
        parsed.KeepAlive = 30;
        parsed.ApplicationName ??= "billingmonolith";
        return parsed.ConnectionString;
    }

    private NpgsqlConnectionStringBuilder Parsed()
    {
        if (ConnectionString is not { } text
            || !(text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal)))
            return new NpgsqlConnectionStringBuilder(ConnectionString);
        var url = new Uri(text);
        var user = url.UserInfo.Split(':', 2);
        var parsed = new NpgsqlConnectionStringBuilder
        {
            Host = url.Host,
            Port = url.Port > 0 ? url.Port : 5432,
            Database = Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/')),
            Username = Uri.UnescapeDataString(user[0]),
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
        };
        foreach (var (key, value) in Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(url.Query))
            parsed[key is "connect_timeout" ? "Timeout" : key.Replace("_", "", StringComparison.Ordinal)] = key is "sslmode"
                ? value.ToString().Replace("-", "", StringComparison.Ordinal) // verify-full
                : value.ToString();
        return parsed;
    }

    internal bool CanBeParsed()
    {
        try
        {
            return Parsed().Host is { Length: > 0 };
        }
        catch (Exception e) when (e is ArgumentException or UriFormatException)
        {
            return false;
        }
    }
}

internal sealed class DatabaseOptionsValidator : AbstractValidator<DatabaseOptions>
{
    public DatabaseOptionsValidator()
    {
        RuleFor(o => o.ConnectionString).Must((o, text) => !string.IsNullOrWhiteSpace(text) && o.CanBeParsed())
            .WithMessage("Database:ConnectionString is missing or cannot be read. "
                + "Set Database__ConnectionString (or DATABASE_URL) to postgres://user:password@host:5432/database.");
        RuleFor(o => o.MaxConnections).InclusiveBetween(40, 1000).WithMessage("Database:MaxConnections must be 40 to 1000.");
    }
}
