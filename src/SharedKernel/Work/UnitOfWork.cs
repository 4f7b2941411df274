using Dapper;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace BillingMonolith.SharedKernel;

/// <summary>
/// The one transaction of a command. It opens on first use, so that a call to another system does not hold it.
/// The Host commits it when the handler has returned: the effect, its audit rows and the step's completion, or nothing.
/// </summary>
public sealed class UnitOfWork(NpgsqlDataSource database) : IAsyncDisposable
{
    private readonly List<AuditEntry> entries = [];
    private readonly List<RoomContext> contexts = [];
    private NpgsqlConnection? connection;
    private NpgsqlTransaction? transaction;

    /// <summary>The caller, a person or a service; null for a command that an event caused.</summary>
    public Actor? Actor { get; set; }

    /// <summary>The connection, inside the transaction.</summary>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        if (connection is not null) return connection;
        connection = await database.OpenConnectionAsync(cancellationToken);
        transaction = await connection.BeginTransactionAsync(cancellationToken);
        return connection;
    }

    /// <summary>A room's entities, inside the transaction. Unsaved changes in it are saved with the commit.</summary>
    public async ValueTask<T> ContextAsync<T>(CancellationToken cancellationToken) where T : RoomContext
    {
        if (contexts.OfType<T>().FirstOrDefault() is { } known) return known;
        var options = new DbContextOptionsBuilder<T>().UseNpgsql(await OpenAsync(cancellationToken), RoomContexts.Plainly);
        options.AsRows();
        var context = (T)Activator.CreateInstance(typeof(T), options.Options)!;
        contexts.Add(context);
        context.Database.AutoSavepointsEnabled = false; // a statement that fails undoes the whole command
        await context.Database.UseTransactionAsync(transaction, cancellationToken);
        return context;
    }

    /// <summary>Keeps an audit entry; it is written, in one statement with the others, just before the commit.</summary>
    public void Record(AuditEntry entry) => entries.Add(entry);

    /// <summary>
    /// Writes the audit entries and commits. Nothing happens when nothing was opened or recorded. Afterwards it is empty: a request's next command
    /// has a transaction of its own.
    /// </summary>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        foreach (var context in contexts) await context.SaveChangesAsync(cancellationToken);
        if (entries.Count > 0) await WriteEntriesAsync(await OpenAsync(cancellationToken), cancellationToken);
        if (transaction is not null) await transaction.CommitAsync(cancellationToken);
        entries.Clear();
        await DisposeAsync();
    }

    /// <summary>Rolls back all uncommitted changes.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var context in contexts) await context.DisposeAsync();
        contexts.Clear();
        if (transaction is not null) await transaction.DisposeAsync();
        if (connection is not null) await connection.DisposeAsync();
        (transaction, connection) = (null, null);
    }

    private Task WriteEntriesAsync(NpgsqlConnection open, CancellationToken cancellationToken) => open.ExecuteAsync(new CommandDefinition("""
        INSERT INTO audit_logs (action, resource_type, resource_id, cause, user_id, result, error_message, metadata, username, ip_address, user_agent)
        SELECT e.*, @Username, @IpAddress::inet, @UserAgent
        FROM unnest(@Actions, @Types, @Ids, @Causes, @Users, @Results, @Errors, @Metadata::jsonb[]) AS e
        """,
        new
        {
            Actions = entries.ConvertAll(e => e.Action),
            Types = entries.ConvertAll(e => e.ResourceType),
            Ids = entries.ConvertAll(e => e.ResourceId),
            Causes = entries.ConvertAll(e => e.Cause),
            Users = entries.ConvertAll(e => e.UserId ?? Actor?.UserId),
            Results = entries.ConvertAll(e => e.Result.ToString().ToLowerInvariant()),
            Errors = entries.ConvertAll(e => e.ErrorMessage),
            Metadata = entries.ConvertAll(e => e.MetadataJson),
            Actor?.Username,
            Actor?.IpAddress,
            Actor?.UserAgent,
        },
        cancellationToken: cancellationToken));
}
