using EdgeRooms.Postgres;

using Npgsql;

namespace EdgeRooms;

/// <summary>The database's side of a deployment.</summary>
public static class EdgeRoomsSchema
{
    /// <summary>
    /// Applies the numbered scripts of <c>db/</c> that the database lacks, in one transaction; any number of processes may call it at once. In Development a start
    /// does it by itself; elsewhere call it, or run <c>EdgeRooms.Server migrate</c>, before the first start of a new version.
    /// </summary>
    /// <param name="connectionString">Npgsql's, of a user who may create schemas; not through a pooler in transaction mode.</param>
    /// <param name="cancellation">Gives up; nothing is applied then.</param>
    /// <returns>The numbers of the scripts applied.</returns>
    /// <exception cref="NpgsqlException">The database is away or refused.</exception>
    public static async Task<IReadOnlyList<int>> MigrateAsync(string connectionString, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        await using var database = NpgsqlDataSource.Create(connectionString);
        return await Schema.ApplyAsync(database, cancellation);
    }
}

/// <summary>The database must be put right before rooms can trust it: the message says how, one problem a line.</summary>
public sealed class DatabaseNotReadyException(string message) : Exception(message);
