using EdgeRooms.Cluster;
using EdgeRooms.Rooms;

namespace EdgeRooms.Sessions;

/// <summary>
/// One room's events on their way into one connection, contiguous whatever the source (PROTOCOL rule 1, HARD-CASES 24): it keeps the next seq, and
/// what offers a lower one is ignored; a hole, or a dropped queue, makes it read from the log until it has caught up. All fields are guarded
/// by its <see cref="Outbound"/>'s lock.
/// </summary>
abstract class Follower(RoomFeed feed, RoomKind kind, Outbound outbound)
{
    /// <summary>Answers that wait for events which the queue dropped.</summary>
    readonly Queue<(long Seq, ReadOnlyMemory<byte> Frame)> _waiting = new();

    public RoomFeed Feed { get; } = feed;

    public RoomId Room => Feed.Room;

    public RoomKind Kind { get; } = kind;

    public Outbound Outbound { get; } = outbound;

    public long Epoch { get; private set; }

    /// <summary>The next seq to deliver; 0 before the first answer.</summary>
    public long Next { get; private set; }

    /// <summary>The highest seq known to be committed.</summary>
    public long Head { get; private set; }

    /// <summary>Whether it reads from the log.</summary>
    public bool IsBehind { get; private set; }

    /// <summary>Why it cannot go on from its seq and needs the state anew; null where it can.</summary>
    public string? NeedsReset { get; private set; }

    public bool IsLive => Next > 0 && !IsBehind && NeedsReset is null;

    /// <summary>Whether changes of the members were dropped, so that the whole list is due.</summary>
    public bool LostMembers { get; set; }

    /// <summary>Asks the room for its state, to send <c>reset</c>. Called without the lock.</summary>
    public abstract void RequestReset(string reason);

    /// <summary>Asks the room for its members, to send the whole list. Called without the lock.</summary>
    public abstract void RequestMembers();

    /// <summary>Committed events of an epoch (0: not known), from the room's loop.</summary>
    public void Offer(long epoch, EventBatch events)
    {
        lock (Outbound.Lock)
        {
            if (epoch != Epoch && epoch != 0)
            {
                return;
            }

            Head = Math.Max(Head, events.LastSeq);
            if (!IsLive || events.LastSeq < Next)
            {
                return;
            }

            if (events.FirstSeq > Next)
            {
                FallBehind(Next);
                return;
            }

            long first = Next;
            Next = events.LastSeq + 1;
            Outbound.AddEvents(this, events.From(first), first);
        }
    }

    /// <summary>The room is in memory at this epoch and seq; what it said while this router did not hear it is read from the log.</summary>
    public void OnActive(long epoch, long seq)
    {
        lock (Outbound.Lock)
        {
            if (Next == 0)
            {
                return;
            }

            Head = Math.Max(Head, seq);
            if (epoch != Epoch)
            {
                FallOut("epoch");
            }
            else if (IsLive && Next <= seq)
            {
                FallBehind(Next);
            }
        }
    }

    /// <summary>Starts at an answer of the room: the following event is <paramref name="next"/>, the room is at <paramref name="head"/>. Lock held.</summary>
    public void StartAt(long epoch, long next, long head)
    {
        var (seenEpoch, seen) = Feed.Tail.Seen; // a newer owner's word may have overtaken the answer of the last
        Head = seenEpoch == epoch ? Math.Max(head, seen) : head;
        Epoch = epoch;
        Next = next;
        NeedsReset = seenEpoch > epoch ? "epoch" : null;
        IsBehind = next <= Head || NeedsReset is not null;
        if (IsBehind)
        {
            Outbound.Wake();
        }
    }

    /// <summary>Events up to <paramref name="last"/> were queued by the caller. Lock held.</summary>
    public void Advance(long last)
    {
        Next = last + 1;
        if (Next > Head)
        {
            IsBehind = false;
        }
    }

    /// <summary>Events from <paramref name="seq"/> on were not queued, or dropped from the queue. Lock held.</summary>
    public void FallBehind(long seq)
    {
        Next = Math.Min(Next, seq);
        IsBehind = true;
        Outbound.Wake();
    }

    /// <summary>It cannot go on from where it is. Lock held.</summary>
    public void FallOut(string reason)
    {
        NeedsReset = reason;
        IsBehind = true;
        Outbound.Wake();
    }

    /// <summary>An answer that belongs behind event <paramref name="seq"/>: queued now, or when that event has been. Lock held.</summary>
    public void Answer(long seq, ReadOnlyMemory<byte> frame)
    {
        if (Next == 0 || seq < Next || NeedsReset is not null)
        {
            Outbound.AddAnswer(this, frame, seq);
        }
        else
        {
            _waiting.Enqueue((seq, frame));
        }
    }

    /// <summary>Queues the answers whose events have been. Lock held.</summary>
    public void ReleaseAnswers()
    {
        while (_waiting.TryPeek(out var held) && (held.Seq < Next || NeedsReset is not null))
        {
            _waiting.Dequeue();
            Outbound.AddAnswer(this, held.Frame, held.Seq);
        }
    }
}
