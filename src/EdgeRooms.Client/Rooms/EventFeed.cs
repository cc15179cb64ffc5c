using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace EdgeRooms.Client.Rooms;

/// <summary>
/// The events of a room on their way to one reader. The membership offers them in turns of the gate; the reader takes them at its own pace on its own thread,
/// until the room ends. One that falls behind is never waited for (its commands' answers come by the same socket, so it could wait for itself): what
/// it misses is read from the log by <c>history</c>, still contiguous.
/// </summary>
sealed class EventFeed(Room room, Membership membership, Gate gate)
{
    const int QueueMax = 512;
    const int PageEvents = 500;

    /// <summary>Written in turns of the gate, read by the one reader. Full: nothing is written until the reader has caught up from the log.</summary>
    readonly Channel<RoomEvent> _queue = Channel.CreateBounded<RoomEvent>(new BoundedChannelOptions(QueueMax) { SingleReader = true });

    /// <summary>Owned by the gate: events pass by.</summary>
    bool _isBehind;

    /// <summary>Owned by the gate: a break that no event has told yet.</summary>
    RoomReset? _reset;

    /// <summary>Owned by the reader: the last seq it was given.</summary>
    long _after = -1;

    public void Offer(RoomEvent next)
    {
        if (_isBehind)
        {
            return;
        }

        if (_queue.Writer.TryWrite(_reset is null ? next : next with { Reset = _reset }))
        {
            _reset = null;
        }
        else
        {
            _isBehind = true;
        }
    }

    public void Break(RoomReset reset) => _reset = reset;

    public void End(EdgeRoomsException? error) => _queue.Writer.TryComplete(error);

    public async IAsyncEnumerable<RoomEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                while (_queue.Reader.TryRead(out var next))
                {
                    if (IsNew(next))
                    {
                        yield return next;
                    }
                }

                if (gate.Run(() => _isBehind && _queue.Reader.Count == 0))
                {
                    await foreach (var missed in CatchUpAsync(cancellation).ConfigureAwait(false))
                    {
                        yield return missed;
                    }
                }
                else if (!await _queue.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
                {
                    yield break;
                }
            }
        }
        finally
        {
            gate.Run(() => room.Forget(this));
        }
    }

    async IAsyncEnumerable<RoomEvent> CatchUpAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        RoomReset? reset = null;
        while (true)
        {
            reset = gate.Run(TakeBreak) ?? reset;
            _after = reset?.Seq ?? _after;
            long head = gate.Run(() => membership.Seq);
            var page = await membership.PageForFeedAsync(_after, PageEvents, cancellation).ConfigureAwait(false);
            if (gate.Run(() => _reset is not null))
            {
                continue; // the page is of the stream before, or may be
            }

            var events = page.Events ?? [];
            long next = events.Count > 0 ? events[0].Seq : head + 1; // what the room had is in the log, unless it was trimmed
            if (next > _after + 1)
            {
                reset = new RoomReset("trimmed", gate.Run(() => membership.Epoch) ?? "", next - 1);
                _after = next - 1;
            }

            foreach (var frame in events)
            {
                _after = frame.Seq;
                yield return frame.ToEvent() with { Reset = reset };
                reset = null;
            }

            if (!page.More && gate.Run(() => TryRejoin(reset)))
            {
                yield break;
            }
        }
    }

    RoomReset? TakeBreak()
    {
        var reset = _reset;
        _reset = null;
        return reset;
    }

    /// <summary>From here on events are offered again, if none has passed by since the page.</summary>
    bool TryRejoin(RoomReset? untold)
    {
        if (_reset is not null || membership.Seq > _after)
        {
            return false;
        }

        _reset = untold;
        _isBehind = false;
        return true;
    }

    /// <summary>A page may have brought what is then offered, too.</summary>
    bool IsNew(RoomEvent next)
    {
        if (next.Reset is null && next.Seq <= _after)
        {
            return false;
        }

        _after = next.Seq;
        return true;
    }
}
