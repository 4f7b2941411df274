using System.Runtime.ExceptionServices;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;

namespace BillingMonolith.SharedKernel;

/// <summary>
/// The plain rows of a room, as entities; each entity's file has its configuration. Tables come from the room's SQL scripts and never from here.
/// Reads track nothing: a command writes what it adds or attaches.
/// </summary>
/// <param name="options">Made by <see cref="RoomContexts"/>.</param>
public abstract class RoomContext(DbContextOptions options) : DbContext(options)
{
    /// <summary>The database's time, in a query.</summary>
    [DbFunction("now", IsBuiltIn = true)]
    public static DateTime Now() => throw new NotSupportedException("Only the database knows.");

    /// <summary>Writes the differences between a row as it was read and as it shall be; returns it as the database then has it. Both stay untracked.</summary>
    public async Task<T> WriteAsync<T>(T before, T after, CancellationToken cancellationToken) where T : class
    {
        var entry = Entry(after);
        entry.State = EntityState.Unchanged;
        entry.OriginalValues.SetValues(before);
        await SaveChangesAsync(cancellationToken);
        entry.State = EntityState.Detached;
        return after;
    }

    /// <summary>A refusal by the database is the same exception for EF and for SQL, so that its handler need not distinguish them.</summary>
    /// <exception cref="NpgsqlException">The database refused, or did not answer.</exception>
    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        try
        {
            return await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
        }
        catch (DbUpdateException e) when (e.InnerException is NpgsqlException refused)
        {
            ExceptionDispatchInfo.Throw(refused);
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.ApplyConfigurationsFromAssembly(GetType().Assembly);
}

/// <summary>Creates a room's context: for reads, from the data source; for a command, by <see cref="UnitOfWork.ContextAsync"/>.</summary>
public static class RoomContexts
{
    /// <summary>Adds the factory (<c>IDbContextFactory</c>) of a room's context, for reads outside a command.</summary>
    public static IServiceCollection AddContext<T>(this IServiceCollection services) where T : RoomContext =>
        services.AddPooledDbContextFactory<T>((provider, options) =>
            options.UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>(), Plainly).AsRows());

    /// <summary>Nothing is retried, and a transient error stays the exception that it is: Npgsql's own strategy would wrap it.</summary>
    internal static void Plainly(NpgsqlDbContextOptionsBuilder npgsql) => npgsql.ExecutionStrategy(d => new NonRetryingExecutionStrategy(d));

    /// <summary>The same set-up for every purpose, so that the model is built once.</summary>
    internal static DbContextOptionsBuilder AsRows(this DbContextOptionsBuilder options) =>
        options.UseSnakeCaseNamingConvention().UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking);

    /// <summary>Keeps a property as a <c>jsonb</c> column, which is written and read as a whole.</summary>
    public static PropertyBuilder<T> IsJson<T>(this PropertyBuilder<T> property) => property.HasColumnType("jsonb").HasConversion(
        new ValueConverter<T, string>(
            value => JsonSerializer.Serialize(value, JsonSerializerOptions.Default),
            json => JsonSerializer.Deserialize<T>(json, JsonSerializerOptions.Default)!),
        new ValueComparer<T>(favorStructuralComparisons: false));
}
