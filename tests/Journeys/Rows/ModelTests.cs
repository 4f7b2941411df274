using BillingMonolith.Billing;
using BillingMonolith.Journeys.Kit;
using BillingMonolith.SharedKernel;
using Dapper;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;

namespace BillingMonolith.Journeys.Rows;

/// <summary>The scripts make the tables and the contexts read them: what the model says of a column, the migrated schema says too.</summary>
public sealed class ModelTests(Cluster cluster)
{
    public static TheoryData<Type> Contexts => [.. Host.Database.Rooms.All.SelectMany(r => r.GetTypes()).Where(t => t.IsSubclassOf(typeof(RoomContext)))];

    [Fact]
    public void Every_room_has_one() => Contexts.Select(c => c.Data.Name).Order(StringComparer.Ordinal).ToArray()
        .ShouldBe(["AuditContext", "BillingContext", "CreditsContext", "IdentityContext", "InboxContext", "NotificationsContext", "OrdersContext", "ReconcileContext"]);

    [Theory]
    [MemberData(nameof(Contexts))]
    public async Task The_model_is_the_schema(Type room)
    {
        await using var database = await OpenAsync();
        await using var db = Context(database, room);
        await using var connection = await database.OpenConnectionAsync();
        var columns = (await connection.QueryAsync<Column>("""
            SELECT c.relname::text AS Table, a.attname::text AS Name, format_type(a.atttypid, a.atttypmod) AS Type, NOT a.attnotnull AS IsNullable,
                   a.attgenerated <> '' AS IsGenerated
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
            """)).ToDictionary(c => (c.Table, c.Name));

        var model = db.Model.GetRelationalModel().Tables.SelectMany(t => t.Columns).ToList();
        model.Count.ShouldBeGreaterThan(0);
        model.Select(c => (c.Table.Name, c.Name)).Where(c => !columns.ContainsKey(c)).ShouldBeEmpty();
        foreach (var modelled in model)
        {
            var column = columns[(modelled.Table.Name, modelled.Name)];
            new Column(modelled.Table.Name, modelled.Name, modelled.StoreType, modelled.IsNullable, column.IsGenerated).ShouldBe(column);
            // EF would write it, and the table would refuse.
            if (column.IsGenerated)
                modelled.PropertyMappings.ShouldAllBe(p => p.Property.ValueGenerated == ValueGenerated.OnAddOrUpdate, $"{column.Table}.{column.Name}");
        }
    }

    [Theory]
    [MemberData(nameof(Contexts))]
    public async Task Every_set_can_be_read_by_the_application(Type room)
    {
        await using var database = await OpenAsync();
        await using var db = Context(database, room);
        var sets = room.GetProperties().Where(p => p.PropertyType.IsGenericType && p.PropertyType.GetGenericTypeDefinition() == typeof(DbSet<>)).ToList();
        sets.Select(s => s.PropertyType.GetGenericArguments()[0]).ShouldBe(db.Model.GetEntityTypes().Select(e => e.ClrType), ignoreOrder: true);
        foreach (var set in sets) await ((IQueryable<object>)set.GetValue(db)!).Take(1).ToListAsync();
    }

    [Fact]
    public async Task What_the_database_refuses_is_the_exception_that_it_is_by_SQL()
    {
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=nobody;Database=nowhere");
        await using (var db = Context(nowhere, typeof(BillingContext)))
            (await Should.ThrowAsync<NpgsqlException>(db.Set<Invitation>().ToListAsync())).IsTransient.ShouldBeTrue();

        await using var database = await OpenAsync();
        await using (var work = new UnitOfWork(database))
        {
            var db = await work.ContextAsync<BillingContext>(CancellationToken.None);
            db.Add(new Invitation("unknown", "user", "admin", DateTime.UnixEpoch));
            (await Should.ThrowAsync<PostgresException>(db.SaveChangesAsync())).SqlState.ShouldBe(PostgresErrorCodes.ForeignKeyViolation);
        }
    }

    private async Task<NpgsqlDataSource> OpenAsync() => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(
        cluster.Postgres.ConnectionString(await cluster.NewDatabaseAsync())) { Options = "-c role=billing_app" }.ConnectionString);

    private static RoomContext Context(NpgsqlDataSource database, Type room)
    {
        var factory = typeof(TestContexts).GetMethod(nameof(TestContexts.Contexts))!.MakeGenericMethod(room).Invoke(null, [database])!;
        return (RoomContext)factory.GetType().GetMethod("CreateDbContext")!.Invoke(factory, [])!;
    }

    private sealed record Column(string Table, string Name, string Type, bool IsNullable, bool IsGenerated);
}
