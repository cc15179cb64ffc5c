using EdgeRooms.Events;
using Npgsql;

namespace EdgeRooms.Postgres;

/// <summary>
/// Reads every stream of a database and says what is not as the engine promises. One snapshot of the database, rows streamed;
/// memory is bounded by the sessions of one stream. Safe beside live nodes.
/// </summary>
sealed class StreamCheck(TextWriter output)
{
    const int ProblemLinesMax = 1000;

    const string Rows = """
        select s.id, s.version, e.version, e.seq_id, e.headers
        from edgerooms.mt_streams s left join edgerooms.mt_events e on e.stream_id = s.id
        order by s.id, e.version
        """;

    /// <summary>Each line is a problem: what, and where.</summary>
    static readonly string[] Queries =
    [
        """
        select 'events ' || string_agg(e.stream_id || ':' || e.version, ', ') || ' share seq_id ' || e.seq_id
        from edgerooms.mt_events e group by e.seq_id having count(*) > 1
        """,
        """
        select 'event ' || e.stream_id || ':' || e.version || ' has no stream'
        from edgerooms.mt_events e left join edgerooms.mt_streams s on s.id = e.stream_id where s.id is null
        """,
        """
        select d.id || ': snapshot of epoch ' || (d.data ->> 'epoch') || ' version ' || (d.data ->> 'version')
          || ' is ahead of epoch ' || h.epoch || ' version ' || h.version
        from edgerooms.mt_doc_roomsnapshot d cross join lateral (
          select coalesce(max(x.epoch), 1) as epoch, coalesce(max(s.version), 0) as version
          from (select 1) one
          left join edgerooms.room_epochs x on x.room = d.id
          left join edgerooms.mt_streams s on s.id = d.id || case when coalesce(x.epoch, 1) = 1 then '' else '@' || x.epoch end) h
        where (d.data ->> 'epoch')::bigint > h.epoch
          or ((d.data ->> 'epoch')::bigint = h.epoch and (d.data ->> 'version')::bigint > h.version)
        """,
        """
        select s.id || ': events up to ' || f.version - 1 || ' are gone and no snapshot holds them'
        from edgerooms.room_directory r
        join edgerooms.mt_streams s on s.id = r.room || case when r.epoch = 1 then '' else '@' || r.epoch end
        cross join lateral (
          select coalesce(min(e.version), s.version + 1) as version from edgerooms.mt_events e where e.stream_id = s.id) f
        left join edgerooms.mt_doc_roomsnapshot d on d.id = r.room and (d.data ->> 'epoch')::bigint = r.epoch
        where f.version > 1 and coalesce((d.data ->> 'version')::bigint, 0) < f.version - 1
        """,
        """
        select a.room || ': alarm ' || a.name || ' has no room or a bad name' from edgerooms.alarms a
        where a.room !~ '^[a-z][a-z0-9-]{0,31}/[A-Za-z0-9_-]{1,64}$' or length(a.name) not between 1 and 64
        """,
        """
        select m.room || ': mark of session ' || m.session || ' is ahead of epoch ' || coalesce(x.epoch, 1) || ' version ' || coalesce(s.version, 0)
        from edgerooms.command_marks m
        left join edgerooms.room_epochs x on x.room = m.room
        left join edgerooms.mt_streams s on s.id = m.room || case when m.epoch = 1 then '' else '@' || m.epoch end
        where m.epoch > coalesce(x.epoch, 1) or m.seq > coalesce(s.version, 0) or m.cmd < 1
        """,
    ];

    long _problems;

    public async Task<StreamCheckResult> RunAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        await using (var settings = new NpgsqlCommand(
            "set transaction read only; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0", connection))
        {
            await settings.ExecuteNonQueryAsync(cancellation);
        }

        var (streams, events) = await CheckStreamsAsync(connection, cancellation);
        foreach (string query in Queries)
        {
            await using var command = new NpgsqlCommand(query, connection) { CommandTimeout = 0 };
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                Report(reader.GetString(0));
            }
        }

        return new StreamCheckResult(streams, events, _problems);
    }

    async Task<(long Streams, long Events)> CheckStreamsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Rows, connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        StreamWalk? walk = null;
        long streams = 0, events = 0;
        while (await reader.ReadAsync(cancellation))
        {
            string id = reader.GetString(0);
            if (walk?.Stream != id)
            {
                walk?.End();
                walk = new StreamWalk(id, reader.IsDBNull(1) ? 0 : reader.GetInt64(1), Report);
                streams++;
            }

            if (!reader.IsDBNull(2))
            {
                events++;
                walk.Step(reader.GetInt64(2), reader.GetInt64(3), reader.IsDBNull(4) ? default : reader.GetFieldValue<byte[]>(4));
            }
        }

        walk?.End();
        return (streams, events);
    }

    void Report(string problem)
    {
        if (++_problems <= ProblemLinesMax)
        {
            output.WriteLine(problem);
        }
        else if (_problems == ProblemLinesMax + 1)
        {
            output.WriteLine($"More than {ProblemLinesMax} problems; the rest is only counted.");
        }
    }
}

/// <summary>What a check saw.</summary>
sealed record StreamCheckResult(long Streams, long Events, long Problems);
