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
    DateTimeOffset _due;
    volatile bool _isArmed;

    public RoomClock(TimeProvider clock, Action tick)
    {
        _clock = clock;
        _timer = clock.CreateTimer(_ => Tick(tick), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Set(DateTimeOffset due)
    {
        if (_isArmed && _due <= due)
        {
            return;
        }

        _due = due;
        _isArmed = true;
        var wait = due - _clock.GetUtcNow();
        _timer.Change(wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait < LateMax ? wait : LateMax, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>A timer may fire a moment before its time, so it counts as armed no longer before the loop looks and sets it again.</summary>
    void Tick(Action tick)
    {
        _isArmed = false;
        tick();
    }
}
