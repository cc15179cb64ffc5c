using Npgsql;

namespace EdgeRooms.Postgres;

/// <summary>What a database must be like before rooms may trust it.</summary>
static class Preflight
{
    const int VersionMin = 14;

    /// <summary>Durability settings that lose acknowledged events; fine on a developer's machine.</summary>
    static readonly string[] Durability = ["fsync", "full_page_writes", "synchronous_commit"];

    /// <summary>The problems found, as sentences that say what to do; none: go on. Throws where the database is away.</summary>
    public static async Task<IReadOnlyList<string>> CheckAsync(
        NpgsqlDataSource database, bool isDevelopment, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select current_setting('server_version_num')::int / 10000, pg_is_in_recovery(),
              current_setting('default_transaction_read_only') = 'on', current_setting('server_encoding'),
              array(select current_setting(s) from unnest($1) s)
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = Durability });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var problems = new List<string>();
        if (reader.GetInt32(0) is < VersionMin and var version)
        {
            problems.Add($"Postgres {version} is too old: EdgeRooms needs {VersionMin} or later.");
        }

        if (reader.GetBoolean(1) || reader.GetBoolean(2))
        {
            problems.Add("This Postgres server is read-only: connect to the primary (Target Session Attributes=primary).");
        }

        if (reader.GetString(3) is not "UTF8" and var encoding)
        {
            problems.Add($"The database's encoding is {encoding}: create it with encoding UTF8.");
        }

        string[] values = reader.GetFieldValue<string[]>(4);
        foreach (var (setting, value) in Durability.Zip(values))
        {
            if (value == "off" && !isDevelopment)
            {
                problems.Add($"Postgres runs with {setting} = off and may lose acknowledged events: turn it on.");
            }
        }

        return problems;
    }
}
