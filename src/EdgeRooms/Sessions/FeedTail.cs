using EdgeRooms.Cluster;
using EdgeRooms.Rooms;

namespace EdgeRooms.Sessions;

/// <summary>
/// The last events that a router heard of a room: joiners and slow readers are served from here, so that a room's replay crosses the link once and the log
/// is not asked. Links deliver, each its node's in order; connections read from any thread. What comes under an older claim than was heard has no
/// place here. Bounded as the room's own tail.
/// </summary>
sealed class FeedTail(TailShare share)
{
    readonly Lock _lock = new();
    readonly EventTail _tail = new(share);
    long _epoch;
    long _claim;
    bool _isFresh;

    /// <summary>The epoch and the highest seq that an owner told (0: none): proof of what was committed.</summary>
    public (long Epoch, long Seq) Seen
    {
        get
        {
            lock (_lock)
            {
                return (_epoch, _tail.LastSeq);
            }
        }
    }

    /// <summary>The lowest seq from which on all is here; null where nothing is.</summary>
    public long? FirstSeq
    {
        get
        {
            lock (_lock)
            {
                return _epoch > 0 && _tail.FirstSeq <= _tail.LastSeq ? _tail.FirstSeq : null;
            }
        }
    }

    /// <summary>The events from a seq of an epoch to the last heard; null where they are not here.</summary>
    public EventBatch? From(long epoch, long seq)
    {
        EventBatch[]? held;
        lock (_lock)
        {
            held = epoch == _epoch ? _tail.Holding(seq) : null;
        }

        return held is null ? null : EventTail.Join(held, seq); // copied without the lock that the link needs
    }

    /// <summary>The room is in memory; what was up to this seq and was not heard will not be told again.</summary>
    public void OnActive(long claim, long epoch, long seq)
    {
        lock (_lock)
        {
            if (claim < _claim)
            {
                return;
            }

            if (epoch != _epoch || seq > _tail.LastSeq)
            {
                _tail.Start(seq);
            }

            (_epoch, _claim) = (epoch, claim);
        }
    }

    /// <summary>Takes what is new of these events; their epoch (0: not known), or null where they come under an older claim than was heard.</summary>
    public long? Hear(long claim, EventBatch events)
    {
        lock (_lock)
        {
            if (claim < _claim)
            {
                return null;
            }

            if (events.LastSeq <= _tail.LastSeq)
            {
                return _epoch;
            }

            if (events.FirstSeq != _tail.LastSeq + 1)
            {
                _tail.Start(events.FirstSeq - 1); // behind a hole, or with more than is new
            }

            _tail.Add(events);
            _isFresh = true;
            return _epoch;
        }
    }

    /// <summary>Called once a minute: lets go of a room's events when none has come since the last call.</summary>
    public void ForgetUnlessFresh()
    {
        lock (_lock)
        {
            if (!_isFresh)
            {
                _tail.Start(_tail.LastSeq);
            }

            _isFresh = false;
        }
    }
}
