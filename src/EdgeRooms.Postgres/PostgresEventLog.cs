using EdgeRooms.Cluster;
using EdgeRooms.Events;
using Npgsql;
using NpgsqlTypes;

namespace EdgeRooms.Postgres;

/// <summary>The event log in Marten's tables: appends by <c>rooms_append_v1</c>, reads as bytes. Any thread.</summary>
sealed class PostgresEventLog(Database database, ILeases leases) : IEventLog
{
    const int TrimChunk = 2000;

    /// <summary>
    /// Snapshots and trims at a time: rooms of like load reach theirs together, and a new connection for each took the core from the appends for half a second.
    /// </summary>
    const int HousekeepingMax = 4;

    static readonly string SnapshotDotNetType = typeof(RoomSnapshot).FullName!; // a named type has one

    readonly SemaphoreSlim _housekeeping = new(HousekeepingMax);

    public async Task<IEventLogWriter> OpenWriterAsync(int lane, CancellationToken cancellation) =>
        await PostgresEventLogWriter.OpenAsync(database, leases.Node, lane, cancellation);

    public Task<IReadOnlyList<StoredRoom>> LoadAsync(IReadOnlyList<RoomId> rooms, CancellationToken cancellation) =>
        RoomLoader.LoadAsync(database.Pool, rooms, cancellation);

    public Task<int> RehearseAsync(CancellationToken cancellation) => RoomLoader.RehearseAsync(database.Pool, cancellation);

    public async Task<StoredPage> ReadAsync(RoomId room, long epoch, long after, int limit, CancellationToken cancellation)
    {
        await using var connection = await database.Pool.OpenConnectionAsync(cancellation);
        if (epoch == 0)
        {
            await using var current = Command(connection, "select epoch from edgerooms.room_epochs where room = $1", room.ToString());
            epoch = await current.ExecuteScalarAsync(cancellation) as long? ?? 1;
        }

        string stream = StreamKey.Of(room, epoch);
        var (version, events) = await ReadEventsAsync(connection, stream, after, limit, cancellation);
        long first = events.Count > 0 && events[0].Version == after + 1 && after == 0
            ? 1
            : await FirstVersionAsync(connection, stream, version, cancellation);
        return new StoredPage(epoch, version, first, events, events.Count == limit && events[^1].Version < version);
    }

    public async Task<bool> SaveSnapshotAsync(StoredSnapshot snapshot, CancellationToken cancellation)
    {
        await _housekeeping.WaitAsync(cancellation);
        try
        {
            await using var command = database.Pool.CreateCommand("select edgerooms.save_snapshot_v1($1, $2, $3, $4, $5, $6, $7)");
            Add(command, leases.Node.Name, leases.Node.Boot, snapshot.Room.ToString(), snapshot.Epoch, snapshot.Version);
            command.Parameters.Add(new NpgsqlParameter<ReadOnlyMemory<byte>>
            {
                TypedValue = SnapshotJson.Write(snapshot),
                NpgsqlDbType = NpgsqlDbType.Jsonb,
            });
            Add(command, SnapshotDotNetType);
            return await command.ExecuteScalarAsync(cancellation) is true;
        }
        finally
        {
            _housekeeping.Release();
        }
    }

    public async Task<long> TrimAsync(RoomId room, long epoch, long upTo, CancellationToken cancellation)
    {
        await _housekeeping.WaitAsync(cancellation);
        try
        {
            long trimmed = 0;
            while (true)
            {
                await using var command = database.Pool.CreateCommand("select edgerooms.trim_stream_v1($1, $2, $3, $4, $5, $6, $7)");
                Add(command, leases.Node.Name, leases.Node.Boot, room.ToString(), epoch, StreamKey.Of(room, epoch), upTo, TrimChunk);
                long gone = await command.ExecuteScalarAsync(cancellation) as long? ?? 0;
                trimmed += gone;
                if (gone < TrimChunk)
                {
                    return trimmed;
                }
            }
        }
        finally
        {
            _housekeeping.Release();
        }
    }

    public async Task<long> RaiseEpochAsync(
        RoomId room, long from, bool copy, StoredSnapshot? snapshot, CancellationToken cancellation)
    {
        await using var connection = await database.Pool.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var unlimited = new NpgsqlCommand("set local statement_timeout = 0", connection))
        {
            // A copy takes as long as the stream is.
            await unlimited.ExecuteNonQueryAsync(cancellation);
        }

        await using var raise = Command(connection, "select edgerooms.raise_epoch_v1($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            leases.Node.Name, leases.Node.Boot, room.ToString(), from, StreamKey.Of(room, from), StreamKey.Of(room, from + 1), copy);
        raise.CommandTimeout = 0;
        raise.Parameters.Add(new NpgsqlParameter
        {
            Value = snapshot is null ? DBNull.Value : SnapshotJson.Write(snapshot),
            NpgsqlDbType = NpgsqlDbType.Jsonb,
        });
        Add(raise, SnapshotDotNetType);
        long epoch = await raise.ExecuteScalarAsync(cancellation) as long?
            ?? throw new NodeFencedException($"Node {leases.Node.Name} (boot {leases.Node.Boot}) was fenced off.");
        await transaction.CommitAsync(cancellation);
        return epoch;
    }

    public async Task<IReadOnlyList<Alarm>> ReadDueAlarmsAsync(int limit, CancellationToken cancellation)
    {
        await using var command = database.Pool.CreateCommand("""
            select a.id, a.room, a.name, a.due
            from edgerooms.alarms a
            left join edgerooms.rooms r on r.room = a.room
            left join edgerooms.nodes n on n.name = r.node and n.boot = r.boot and not n.fenced
            left join edgerooms.heartbeats h on h.node = n.name and h.boot = n.boot
            where a.due <= now() and (n.name is null or n.name = $1 or h.at <= now() - make_interval(secs => $2))
            order by a.due limit $3
            """);
        Add(command, leases.Node.Name, PostgresLeases.HeartbeatAgeMax.TotalSeconds, limit);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var alarms = new List<Alarm>();
        while (await reader.ReadAsync(cancellation))
        {
            alarms.Add(new Alarm(reader.GetGuid(0), RoomId.Parse(reader.GetString(1)), reader.GetString(2),
                reader.GetFieldValue<DateTimeOffset>(3)));
        }

        return alarms;
    }

    public async Task<IReadOnlyList<long>> ReadVersionsAsync(
        IReadOnlyList<Activation> activations, CancellationToken cancellation)
    {
        await using var command = database.Pool.CreateCommand("""
            select a.o::int, s.version
            from unnest($1) with ordinality a (stream, o) join edgerooms.mt_streams s on s.id = a.stream
            """);
        command.Parameters.Add(new NpgsqlParameter
        {
            Value = activations.Select(a => a.Stream).ToArray(),
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Varchar,
        });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        long[] versions = new long[activations.Count];
        while (await reader.ReadAsync(cancellation))
        {
            versions[reader.GetInt32(0) - 1] = reader.GetInt64(1);
        }

        return versions;
    }

    static async Task<(long Version, List<StoredEvent> Events)> ReadEventsAsync(
        NpgsqlConnection connection, string stream, long after, int limit, CancellationToken cancellation)
    {
        await using var command = Command(connection, $"""
            select s.version, {EventRows.Columns}
            from edgerooms.mt_streams s
            left join lateral (
              select * from edgerooms.mt_events t where t.stream_id = s.id and t.version > $2 order by t.version limit $3) e on true
            where s.id = $1 order by e.version
            """, stream, after, limit);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        long version = 0;
        var events = new List<StoredEvent>();
        while (await reader.ReadAsync(cancellation))
        {
            version = reader.GetInt64(0);
            if (!reader.IsDBNull(1))
            {
                events.Add(EventRows.Read(reader, 1));
            }
        }

        return (version, events);
    }

    static async Task<long> FirstVersionAsync(
        NpgsqlConnection connection, string stream, long version, CancellationToken cancellation)
    {
        await using var command = Command(
            connection, "select version from edgerooms.mt_events where stream_id = $1 order by version limit 1", stream);
        return await command.ExecuteScalarAsync(cancellation) as long? ?? version + 1;
    }

    static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params object[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        Add(command, values);
        return command;
    }

    static void Add(NpgsqlCommand command, params object[] values)
    {
        foreach (object value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }
    }
}
