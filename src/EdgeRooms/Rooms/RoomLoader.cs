using System.Text.Json;

using EdgeRooms.Cluster;
using EdgeRooms.Events;

namespace EdgeRooms.Rooms;

/// <summary>
/// The start path, and the only recovery path: snapshot and tail become a room's memory. Called by one room's loop; reads on in pages where the
/// tail is long. Throws for a stream that the kind cannot fold (the room is then parked), or what the log throws where it is away.
/// </summary>
sealed class RoomLoader(IEventLog log)
{
    const int PageEvents = 1000;

    public async Task LoadAsync(RoomMemory memory, StoredRoom stored, CancellationToken cancellation)
    {
        var kind = memory.Kind;
        var snapshot = stored.Snapshot is { } s && s.Epoch == stored.Epoch && s.Version <= stored.Version ? s : null;
        long folded = snapshot?.Version ?? 0;
        bool stateFits = false;
        memory.FirstSeq = stored.FirstVersion;
        if (snapshot is not null)
        {
            SnapshotCodec.Read(snapshot, memory);
            memory.SnapshotVersion = snapshot.Version;
            stateFits = RestoreState(memory, snapshot, isTrimmed: stored.FirstVersion > 1);
        }

        // Where the state's shape changed, the state is folded from the start; the engine's part never is (HARD-CASES 7).
        long from = stateFits || kind.StateType is null ? folded : 0;
        if (stored.Version > from && stored.FirstVersion > from + 1)
        {
            throw new InvalidOperationException(
                $"The stream is trimmed up to {stored.FirstVersion - 1}, but the state must be folded from {from + 1}: "
                + "set RoomKindOptions.UpcastState for the changed StateVersion.");
        }

        await FoldAsync(memory, stored, from, folded, cancellation);
        foreach (var mark in stored.Marks)
        {
            memory.Sessions.Restore(mark.Session, mark.Cmd, mark.Effects, mark.Seq, default);
        }

        foreach (var alarm in stored.Alarms)
        {
            memory.AlarmTable.Restore(alarm);
        }
    }

    static bool RestoreState(RoomMemory memory, StoredSnapshot snapshot, bool isTrimmed)
    {
        var kind = memory.Kind;
        if (kind.StateType is null)
        {
            return true;
        }

        var json = snapshot.State;
        if (snapshot.StateVersion != kind.Options.StateVersion)
        {
            if (kind.Options.UpcastState is not { } upcast || !isTrimmed)
            {
                return false;
            }

            json = upcast(snapshot.StateVersion, json);
        }

        memory.State = JsonSerializer.Deserialize(json.Span, kind.StateType, RoomKind.StoredJson)
            ?? throw new JsonException("The snapshot's state is null.");
        return true;
    }

    /// <summary>
    /// Folds events after <paramref name="from"/> into the state and those after <paramref name="ledgerFrom"/> into the ledgers, and keeps the last
    /// frames in the tail.
    /// </summary>
    async Task FoldAsync(RoomMemory memory, StoredRoom stored, long from, long ledgerFrom, CancellationToken cancellation)
    {
        long tailFrom = stored.Tail.Count > 0 ? stored.Tail[0].Version - 1 : stored.Version;
        long next = Math.Min(from, tailFrom);
        memory.Tail.Start(next);
        IReadOnlyList<StoredEvent> events = from < tailFrom ? [] : stored.Tail;
        while (true)
        {
            foreach (var e in events.TakeWhile(e => e.Version <= stored.Version))
            {
                if (e.Version != next + 1)
                {
                    throw new InvalidOperationException($"The stream has a hole: seq {next + 1} is missing before {e.Version}.");
                }

                next = e.Version;
                if (e.Version > stored.Version - memory.Tail.EventsMax)
                {
                    memory.Tail.Add(EventBatch.Of(e.Version, [memory.FrameOf(e)]));
                }
                else
                {
                    memory.Tail.Start(e.Version);
                }

                memory.SawEventAt(e.At);
                memory.Version = e.Version;
                if (e.Version > from)
                {
                    memory.State = memory.Kind.Events.Replay(memory.State, e);
                }

                if (e.Version > ledgerFrom)
                {
                    Note(memory, e);
                }
            }

            if (next >= stored.Version)
            {
                memory.Version = stored.Version;
                return;
            }

            var page = await log.ReadAsync(stored.Room, stored.Epoch, next, PageEvents, cancellation);
            events = page.Events;
            if (events.Count == 0)
            {
                throw new InvalidOperationException($"The stream ends at {next}, its row says {stored.Version}.");
            }
        }
    }

    static void Note(RoomMemory memory, StoredEvent stored)
    {
        var headers = stored.Headers;
        if (headers is { Session: { } session, Cmd: { } cmd, Effects: { } effects })
        {
            memory.Sessions.Restore(session, cmd, effects, stored.Version, headers.Result);
        }

        if (headers is { Key: { } key, User: { } user, KeyHash: { } hash })
        {
            memory.Keys.Add(user, key, new KeyLedger.Entry(hash, stored.Version, stored.At, headers.Result));
        }

        if (memory.Kind.RecordsMembers && headers.Session is { } member)
        {
            if (stored.TypeName == "member_joined")
            {
                memory.Recorded[member] = JsonSerializer.Deserialize<MemberJoined>(stored.Body.Span, RoomKind.StoredJson)!;
            }
            else if (stored.TypeName == "member_left")
            {
                memory.Recorded.Remove(member);
            }
        }
    }
}
