using Npgsql;

namespace EdgeRooms.Postgres;

/// <summary>What a database must be like before rooms may trust it.</summary>
static class Preflight
{
    const int VersionMin = 14;

    const string Pooler = "this way to the database gives no session of its own (a pooler in transaction mode?): LISTEN, leases and writers need one. Set "
        + "EdgeRooms:Signals:Postgres to a connection string past the pooler.";

    static readonly TimeSpan SignalWithin = TimeSpan.FromSeconds(2);

    /// <summary>Durability settings that lose acknowledged events; fine on a developer's machine.</summary>
    static readonly string[] Durability = ["fsync", "full_page_writes", "synchronous_commit"];

    /// <summary>
    /// The sentence that says what to do where this way to the database gives no session of its own: a signal sent to oneself must come back. Null where
    /// it does, or where the database is away (which shows later).
    /// </summary>
    public static async Task<string?> FindPoolerAsync(string connectionString, CancellationToken cancellation)
    {
        await using var database = new Database(connectionString, "preflight");
        try
        {
            await using var connection = await database.Direct.OpenConnectionAsync(cancellation);
            bool came = false;
            connection.Notification += (_, _) => came = true;
            await using (var listen = new NpgsqlCommand("listen edgerooms_preflight", connection))
            {
                await listen.ExecuteNonQueryAsync(cancellation);
            }

            await using (var notify = new NpgsqlCommand("notify edgerooms_preflight", connection))
            {
                await notify.ExecuteNonQueryAsync(cancellation);
            }

            came = came || await connection.WaitAsync(SignalWithin, cancellation);
            return came ? null : Pooler;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ProtocolViolation)
        {
            return Pooler; // PgBouncer takes no start-up options
        }
        catch (NpgsqlException)
        {
            return null;
        }
    }

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
