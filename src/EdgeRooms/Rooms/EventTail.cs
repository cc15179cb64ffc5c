using EdgeRooms.Cluster;

namespace EdgeRooms.Rooms;

/// <summary>
/// A room's last committed events as encoded frames: what resumes are served from without asking Postgres. Owned by the room's loop. Bounded
/// by events and bytes.
/// </summary>
sealed class EventTail(int eventsMax, int bytesMax)
{
    readonly Queue<ReadOnlyMemory<byte>> _frames = new();
    int _bytes;

    public int EventsMax => eventsMax;

    /// <summary>The seq of the last committed event.</summary>
    public long LastSeq { get; private set; }

    /// <summary>The lowest seq held; above <see cref="LastSeq"/> where nothing is.</summary>
    public long FirstSeq => LastSeq - _frames.Count + 1;

    public void Start(long seq) => LastSeq = seq;

    public void Add(ReadOnlyMemory<byte> frame)
    {
        LastSeq++;
        _frames.Enqueue(frame);
        _bytes += frame.Length;
        while (_frames.Count > eventsMax || _bytes > bytesMax)
        {
            _bytes -= _frames.Dequeue().Length;
        }
    }

    /// <summary>The events from <paramref name="seq"/> to the last; null where some of them are held no more, or there are none.</summary>
    public EventBatch? From(long seq)
    {
        if (seq < FirstSeq || seq > LastSeq)
        {
            return null;
        }

        return EventBatch.Of(seq, [.. _frames.Skip((int)(seq - FirstSeq))]);
    }
}
