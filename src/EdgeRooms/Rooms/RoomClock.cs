namespace EdgeRooms.Rooms;

/// <summary>
/// A room's one timer: ticks at or before the moment asked for last, and may tick early, so that a busy room does not move it with every message.
/// Owned by the room's loop; the tick comes on a timer thread.
/// </summary>
sealed class RoomClock : IDisposable
{
    static readonly TimeSpan LateMax = TimeSpan.FromDays(1);

    readonly TimeProvider _clock;
    readonly ITimer _timer;
    DateTimeOffset _due = DateTimeOffset.MaxValue;

    public RoomClock(TimeProvider clock, Action tick)
    {
        _clock = clock;
        _timer = clock.CreateTimer(_ => tick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Set(DateTimeOffset due)
    {
        var now = _clock.GetUtcNow();
        if (_due <= due && _due > now)
        {
            return;
        }

        _due = due;
        var wait = due - now;
        _timer.Change(wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait < LateMax ? wait : LateMax, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();
}
