using EdgeRooms.Events;
using Npgsql;
using NpgsqlTypes;

namespace EdgeRooms.Postgres;

/// <summary>
/// Loads up to 256 rooms in two round trips: heads, snapshots, alarms and marks; then the tails. Raw readers and not Marten's:
/// after a node's death thousands of rooms load at once, and Marten's cost five times the CPU per event (facts/marten.md 4).
/// </summary>
static class RoomLoader
{
    const int TailEvents = 128;
    const int TailLimit = 1000;

    /// <summary>Bytes of all tails together; beyond, tails end early and the loader reads on room by room.</summary>
    const long TailBytesMax = 32 * 1024 * 1024;

    const string Heads = """
        select a.o::int, coalesce(x.epoch, 1), s.version,
          (select e.version from edgerooms.mt_events e where e.stream_id = s.id order by e.version limit 1),
          d.data
        from unnest($1) with ordinality a (room, o)
        left join edgerooms.room_epochs x on x.room = a.room
        left join edgerooms.mt_streams s
          on s.id = case when coalesce(x.epoch, 1) = 1 then a.room else a.room || '@' || x.epoch end
        left join edgerooms.mt_doc_roomsnapshot d on d.id = a.room
        """;

    const string Alarms = """
        select a.o::int, t.id, t.name, t.due
        from unnest($1) with ordinality a (room, o) join edgerooms.alarms t on t.room = a.room
        order by t.due
        """;

    const string Marks = """
        select a.o::int, m.epoch, m.session, m.cmd, m.effects, m.seq
        from unnest($1) with ordinality a (room, o) join edgerooms.command_marks m on m.room = a.room
        """;

    const string Tails = $"""
        select a.o::int, {EventRows.Columns}
        from unnest($1, $2) with ordinality a (stream, after, o)
        cross join lateral (
          select * from {Stored} t where t.stream_id = a.stream and t.version > a.after
          order by t.version limit $3) e
        order by a.o, e.version
        """;

    const string Stored = "edgerooms.mt_events";

    /// <summary>In the place of the table: events of no stream, from a few bytes to more than a reader's buffer.</summary>
    const string Rehearsed = $$"""
        (select e.* from generate_series(1, {{RehearsedEvents}}) n, jsonb_populate_record(null::{{Stored}},
          '{"stream_id":"rehearsal/none","type":"t","headers":{"s":"s","c":1,"e":"*"},"timestamp":"2026-01-01Z"}'
          || jsonb_build_object('version', n, 'data', repeat('x', n * 300))) e)
        """;

    const string RehearsedEvents = "64";

    public static async Task<IReadOnlyList<StoredRoom>> LoadAsync(
        NpgsqlDataSource pool, IReadOnlyList<RoomId> rooms, CancellationToken cancellation)
    {
        await using var connection = await pool.OpenConnectionAsync(cancellation);
        var found = rooms.Select(r => new Found(r)).ToArray();
        await ReadHeadsAsync(connection, found, cancellation);
        await ReadTailsAsync(connection, Array.FindAll(found, f => f.Version > 0), Tails, cancellation);
        return [.. found.Select(f => f.ToStoredRoom())];
    }

    /// <summary>The same, over events that are in no table; how many it read.</summary>
    public static async Task<int> RehearseAsync(NpgsqlDataSource pool, CancellationToken cancellation)
    {
        await using var connection = await pool.OpenConnectionAsync(cancellation);
        var found = new Found(RoomId.Parse("rehearsal/none"));
        await ReadHeadsAsync(connection, [found], cancellation);
        found.Version = long.MaxValue;
        await ReadTailsAsync(connection, [found], Tails.Replace(Stored, Rehearsed, StringComparison.Ordinal), cancellation);
        return found.ToStoredRoom().Tail.Count;
    }

    static async Task ReadHeadsAsync(NpgsqlConnection connection, Found[] found, CancellationToken cancellation)
    {
        var ids = Array.ConvertAll(found, f => f.Room.ToString());
        await using var batch = new NpgsqlBatch(connection);
        foreach (string sql in (string[])[Heads, Alarms, Marks])
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql)
            {
                Parameters = { new() { Value = ids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text } },
            });
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            found[reader.GetInt32(0) - 1].ReadHead(reader);
        }

        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var room = found[reader.GetInt32(0) - 1];
            room.Alarms.Add(new Alarm(
                reader.GetGuid(1), room.Room, reader.GetString(2), reader.GetFieldValue<DateTimeOffset>(3)));
        }

        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var room = found[reader.GetInt32(0) - 1];
            if (reader.GetInt64(1) == room.Epoch)
            {
                room.Marks.Add(new CommandMark(
                    reader.GetString(2), reader.GetInt64(3), EffectSet.Parse(reader.GetString(4)), reader.GetInt64(5)));
            }
        }
    }

    static async Task ReadTailsAsync(NpgsqlConnection connection, Found[] asked, string sql, CancellationToken cancellation)
    {
        if (asked.Length == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(sql, connection)
        {
            Parameters =
            {
                new() { Value = Array.ConvertAll(asked, f => StreamKey.Of(f.Room, f.Epoch)), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Varchar },
                new() { Value = Array.ConvertAll(asked, f => f.After) },
                new() { Value = TailLimit },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        long bytes = 0;
        while (await reader.ReadAsync(cancellation) && bytes < TailBytesMax)
        {
            var room = asked[reader.GetInt32(0) - 1];
            var stored = EventRows.Read(reader, 1);
            bytes += stored.Body.Length;

            // An event above the head was committed between the two queries: the loader finds it when it reads on.
            if (stored.Version <= room.Version)
            {
                room.Tail.Add(stored);
            }
        }
    }

    sealed class Found(RoomId room)
    {
        public RoomId Room { get; } = room;

        public long Epoch { get; private set; } = 1;

        public long Version { get; set; }

        public long FirstVersion { get; private set; } = 1;

        public StoredSnapshot? Snapshot { get; private set; }

        public List<StoredEvent> Tail { get; } = [];

        public List<Alarm> Alarms { get; } = [];

        public List<CommandMark> Marks { get; } = [];

        public long After => Math.Min(Snapshot?.Version ?? 0, Math.Max(0, Version - TailEvents));

        public void ReadHead(NpgsqlDataReader row)
        {
            Epoch = row.GetInt64(1);
            Version = row.IsDBNull(2) ? 0 : row.GetInt64(2);
            FirstVersion = row.IsDBNull(3) ? Version + 1 : row.GetInt64(3);
            if (!row.IsDBNull(4))
            {
                // Of another life of the room, or ahead of a stream that lost commits in a failover: not of this stream.
                var snapshot = SnapshotJson.Read(Room, row.GetFieldValue<byte[]>(4));
                Snapshot = snapshot.Epoch == Epoch && snapshot.Version <= Version ? snapshot : null;
            }
        }

        public StoredRoom ToStoredRoom() => new(Room, Epoch, Version, FirstVersion, Snapshot, Tail, Alarms, Marks);
    }
}
