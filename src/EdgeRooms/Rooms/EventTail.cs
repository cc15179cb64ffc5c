using EdgeRooms.Cluster;

namespace EdgeRooms.Rooms;

/// <summary>
/// A room's last committed events as encoded frames: what resumes are served from without asking Postgres. The room's loop has one, and each router
/// that follows the room. Not thread-safe: guarded by its owner. Bounded by events and bytes,
/// as its share says at each event; whole batches go.
/// </summary>
sealed class EventTail(TailShare share)
{
    readonly Queue<EventBatch> _batches = new();
    int _bytes;

    public int EventsMax => share.EventsMax;

    /// <summary>The seq of the last committed event.</summary>
    public long LastSeq { get; private set; }

    /// <summary>The lowest seq held; above <see cref="LastSeq"/> where nothing is.</summary>
    public long FirstSeq => _batches.TryPeek(out var first) ? first.FirstSeq : LastSeq + 1;

    /// <summary>Forgets what it holds; the next event is <paramref name="seq"/> + 1.</summary>
    public void Start(long seq)
    {
        _batches.Clear();
        _bytes = 0;
        LastSeq = seq;
    }

    /// <summary>Takes the next events: they begin behind <see cref="LastSeq"/>.</summary>
    public void Add(EventBatch events)
    {
        LastSeq = events.LastSeq;
        _batches.Enqueue(events);
        _bytes += events.Bytes.Length;
        Trim();
    }

    /// <summary>Lets go of what is over its share, which may have become smaller.</summary>
    public void Trim()
    {
        while (_batches.Count > 0 && (LastSeq - FirstSeq >= share.EventsMax || _bytes > share.BytesMax))
        {
            _bytes -= _batches.Dequeue().Bytes.Length;
        }
    }

    /// <summary>The events from <paramref name="seq"/> to the last; null where some of them are held no more, or there are none.</summary>
    public EventBatch? From(long seq) => Holding(seq) is { } held ? Join(held, seq) : null;

    /// <summary>The batches that hold them, as they are.</summary>
    public EventBatch[]? Holding(long seq) =>
        seq < FirstSeq || seq > LastSeq ? null : [.. _batches.SkipWhile(b => b.LastSeq < seq)];

    /// <summary>The events from <paramref name="seq"/> on as one batch.</summary>
    public static EventBatch Join(EventBatch[] held, long seq) => EventBatch.Of(seq, [.. held.SelectMany(b => b.FramesFrom(seq))]);
}
