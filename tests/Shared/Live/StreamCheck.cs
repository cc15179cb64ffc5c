namespace EdgeRooms.Tests.Live;

/// <summary>
/// The end of a load: each stream in Postgres has no hole, has every acked command once, at the seq that its ack named, in each session's order, and nothing
/// else; what clients were told at a seq is what stands there; and every client has read to the end.
/// </summary>
static class StreamCheck
{
    public static async Task RunAsync(LiveCluster cluster, Load load, TimeSpan patience)
    {
        var rows = await cluster.RowsAsync(
            """
            select stream_id, version, coalesce(headers ->> 'u', ''), coalesce((headers ->> 'c')::bigint, 0), coalesce(headers ->> 's', '')
            from edgerooms.mt_events where stream_id = any($1) order by stream_id, version
            """,
            r => new Row(r.GetString(0), r.GetInt64(1), r.GetString(2), r.GetInt64(3), r.GetString(4)),
            (object)load.Truths.Select(t => t.Room).ToArray());
        var streams = rows.GroupBy(r => r.Room).ToDictionary(g => g.Key, g => g.ToList());
        foreach (var truth in load.Truths)
        {
            Compare(load, truth, streams.GetValueOrDefault(truth.Room) ?? []);
        }

        var places = rows.GroupBy(r => (r.Room, r.User, r.Cmd)).ToDictionary(g => g.Key, g => g.ToList());
        foreach (var client in load.Clients)
        {
            foreach (var room in client.Rooms)
            {
                Compare(load, client, room, places);
            }
        }

        foreach (var client in load.Clients)
        {
            foreach (var room in client.Rooms)
            {
                await ReadToEndAsync(load, client, room, streams.GetValueOrDefault(room.Room)?.Count ?? 0, patience);
            }
        }
    }

    static void Compare(Load load, RoomTruth truth, List<Row> stream)
    {
        var last = new Dictionary<string, long>();
        long seq = 0;
        foreach (var row in stream)
        {
            if (row.Seq != ++seq)
            {
                load.Violation($"{truth.Room}: the stream has {row.Seq} where {seq} should be");
                seq = row.Seq;
            }

            if (!truth.Agrees(row.Seq, row.User, row.Cmd))
            {
                load.Violation($"{truth.Room}: the stream has {row.User} {row.Cmd} at {row.Seq}, and clients were told another");
            }

            if (row.Cmd <= last.GetValueOrDefault(row.Session))
            {
                load.Violation($"{truth.Room}: {row.User} {row.Cmd} at {row.Seq} stands behind {last[row.Session]}: doubled or out of order");
            }

            last[row.Session] = row.Cmd;
        }

        if (truth.Head > stream.Count)
        {
            load.Violation($"{truth.Room}: clients were told {truth.Head} events, the stream has {stream.Count}");
        }
    }

    static void Compare(Load load, LoadClient client, LoadRoom room, Dictionary<(string, string, long), List<Row>> places)
    {
        foreach (var (cmd, (seq, isDup)) in room.Acks)
        {
            if (!places.TryGetValue((room.Room, client.User, cmd), out var at))
            {
                load.Violation($"{room.Room}: {client.User} {cmd} was acked at {seq} and is lost");
            }
            else if (at.Count > 1)
            {
                load.Violation($"{room.Room}: {client.User} {cmd} stands at {string.Join(", ", at.Select(r => r.Seq))}");
            }
            else if (isDup ? at[0].Seq > seq : at[0].Seq != seq)
            {
                load.Violation($"{room.Room}: {client.User} {cmd} was acked at {seq} and stands at {at[0].Seq}");
            }
        }

        if (room.OpenCount == 0 && room.Acks.Count != room.Sent)
        {
            load.Violation($"{room.Room}: {client.User} sent {room.Sent} and has {room.Acks.Count} acks");
        }
    }

    static async Task ReadToEndAsync(Load load, LoadClient client, LoadRoom room, long head, TimeSpan patience)
    {
        try
        {
            await client.ReachAsync(room, head).WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            load.Violation($"{room.Room}: {client.User} has read to {room.LastSeq} of {head}");
        }
    }

    sealed record Row(string Room, long Seq, string User, long Cmd, string Session);
}
