using EdgeRooms.Cluster;
using EdgeRooms.Events;
using EdgeRooms.Postgres;
using EdgeRooms.Rooms;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace EdgeRooms;

/// <summary>Rooms in Postgres.</summary>
public static class PostgresBuilderExtensions
{
    /// <summary>
    /// Keeps rooms in a Postgres database: streams are Marten's, so an <see cref="IDocumentStore"/> with every kind's events mapped is
    /// registered as well, for queries and async projections over live rooms. The start throws <see cref="DatabaseNotReadyException"/> where the database
    /// cannot be trusted; in Development it creates EdgeRooms' tables, elsewhere <see cref="EdgeRoomsSchema.MigrateAsync"/> does.
    /// </summary>
    /// <param name="builder">What <c>AddEdgeRooms()</c> returned.</param>
    /// <param name="connectionString">Npgsql's; to a pooler in transaction mode only with <paramref name="direct"/>.</param>
    /// <param name="marten">
    /// More for Marten: projections, documents. What EdgeRooms' own tables depend on is set after it. Tables of its documents are yours to create
    /// (<c>AutoCreate</c> is <c>None</c>).
    /// </param>
    /// <param name="direct">To the database itself, for what needs a session of its own: LISTEN, leases, writers. Null: the same.</param>
    public static EdgeRoomsBuilder UsePostgres(
        this EdgeRoomsBuilder builder, string connectionString, Action<StoreOptions>? marten = null, string? direct = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        var services = builder.Services;
        services.AddHostedService(s => new DatabaseStart(connectionString, direct, s.GetRequiredService<IHostEnvironment>()));
        services.AddSingleton(s => new Database(connectionString, s.GetRequiredService<NodeAddress>().Name, direct));
        services.AddSingleton<NpgsqlDataSource>(s => s.GetRequiredService<Database>().Pool);
        services.AddSingleton<ILeases>(s => new PostgresLeases(
            s.GetRequiredService<Database>(), s.GetRequiredService<NodeAddress>(), s.GetService<TimeProvider>()));
        services.AddSingleton<IEventLog>(s => new PostgresEventLog(s.GetRequiredService<Database>(), s.GetRequiredService<ILeases>()));
        services.AddSingleton<ISignals>(s => new PostgresSignals(s.GetRequiredService<Database>(), s.GetService<TimeProvider>()));
        services.AddSingleton<IOrders>(s => new PostgresOrders(s.GetRequiredService<Database>()));
        services.AddSingleton<ISecrets>(s => new PostgresSecrets(s.GetRequiredService<Database>()));
        services.AddMarten(s =>
        {
            var options = new StoreOptions();
            marten?.Invoke(options);
            var kinds = s.GetRequiredService<KindRegistry>().All.ToList();
            MartenStore.Configure(options, [.. kinds.SelectMany(k => k.EventTypes)], [.. kinds.SelectMany(k => k.Options.Upcasts)]);
            options.Connection(s.GetRequiredService<Database>().Marten);
            return options;
        }).UseLightweightSessions();
        return builder;
    }
}
