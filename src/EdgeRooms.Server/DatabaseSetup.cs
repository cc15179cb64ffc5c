using EdgeRooms.Postgres;

using Npgsql;

namespace EdgeRooms.Server;

/// <summary>What is seen to in the database before the application starts, and the <c>check</c> command. Uses a pool of its own that it closes.</summary>
static class DatabaseSetup
{
    /// <summary>What must be put right before rooms may trust the database; none: go on. Applies missing scripts where it may.</summary>
    /// <param name="direct">The way past a pooler, where one is set; scripts are applied by it.</param>
    public static async Task<IReadOnlyList<string>> RunAsync(string connectionString, string? direct, bool isDevelopment, bool migrate)
    {
        if (await Preflight.FindPoolerAsync(direct ?? connectionString, CancellationToken.None) is { } pooler)
        {
            return [direct is null ? $"EdgeRooms:Postgres: {pooler}" : $"EdgeRooms:Signals:Postgres: {pooler}"];
        }

        connectionString = direct ?? connectionString;
        await using var database = NpgsqlDataSource.Create(connectionString);
        try
        {
            if (await Preflight.CheckAsync(database, isDevelopment, CancellationToken.None) is { Count: > 0 } problems)
            {
                return problems;
            }

            if (migrate)
            {
                await Schema.ApplyAsync(database, CancellationToken.None);
                return [];
            }

            var missing = await Schema.MissingAsync(database, CancellationToken.None);
            return missing.Count == 0
                ? []
                : [$"The database lacks the scripts {string.Join(", ", missing)} of db/. Run 'dotnet EdgeRooms.Server.dll migrate' once."];
        }
        catch (NpgsqlException e)
        {
            return [$"EdgeRooms:Postgres: the database cannot be used: {e.Message}"];
        }
    }

    /// <summary>Checks every stream; 0 where all is well, else 1.</summary>
    public static async Task<int> CheckStreamsAsync(string connectionString)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        var result = await new StreamCheck(Console.Out).RunAsync(database, CancellationToken.None);
        Console.WriteLine(result);
        return result.Problems == 0 ? 0 : 1;
    }
}
