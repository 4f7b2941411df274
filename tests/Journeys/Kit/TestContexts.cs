using BillingMonolith.SharedKernel;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace BillingMonolith.Journeys.Kit;

/// <summary>A room's context as the Host makes it, for a handler that is asked without one.</summary>
internal static class TestContexts
{
    public static IDbContextFactory<T> Contexts<T>(this NpgsqlDataSource database) where T : RoomContext =>
        new ServiceCollection().AddSingleton(database).AddContext<T>().BuildServiceProvider().GetRequiredService<IDbContextFactory<T>>();
}
