using Npgsql;

namespace EdgeRooms.Postgres;

/// <summary>What is seen to in the database before rooms may use it. Called at start, by one thread; uses a pool of its own that it closes.</summary>
static class DatabaseSetup
{
    /// <summary>What must be put right before rooms may trust the database; none: go on. Applies missing scripts where it may.</summary>
    /// <param name="connectionString">As in <c>EdgeRooms:Postgres</c>.</param>
    /// <param name="direct">The way past a pooler, where one is set; scripts are applied by it.</param>
    /// <param name="isDevelopment">Whether a database that may lose events will do.</param>
    /// <param name="migrate">Whether missing scripts are applied; else they are a problem.</param>
    public static async Task<IReadOnlyList<string>> RunAsync(
        string connectionString, string? direct, bool isDevelopment, bool migrate, CancellationToken cancellation = default)
    {
        if (await Preflight.FindPoolerAsync(direct ?? connectionString, cancellation) is { } pooler)
        {
            return [direct is null ? $"EdgeRooms:Postgres: {pooler}" : $"EdgeRooms:Signals:Postgres: {pooler}"];
        }

        await using var database = NpgsqlDataSource.Create(direct ?? connectionString);
        try
        {
            if (await Preflight.CheckAsync(database, isDevelopment, cancellation) is { Count: > 0 } problems)
            {
                return problems;
            }

            if (migrate)
            {
                await Schema.ApplyAsync(database, cancellation);
                return [];
            }

            var missing = await Schema.MissingAsync(database, cancellation);
            return missing.Count == 0
                ? []
                : [$"The database lacks the scripts {string.Join(", ", missing)} of db/. Run 'dotnet EdgeRooms.Server.dll migrate' once, or call EdgeRoomsSchema.MigrateAsync."];
        }
        catch (NpgsqlException e)
        {
            return [$"EdgeRooms:Postgres: the database cannot be used: {e.Message}"];
        }
    }
}
