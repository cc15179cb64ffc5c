namespace EdgeRooms.Rooms;

/// <summary>Growing pauses between a room's attempts to load: 50 ms to 1 s while it waits for others, 1 s to 60 s where its stream is poison.</summary>
sealed class LoadPauses
{
    TimeSpan _waiting = TimeSpan.FromMilliseconds(50);
    TimeSpan _poison = TimeSpan.FromSeconds(1);

    public TimeSpan Waiting() => Next(ref _waiting, TimeSpan.FromSeconds(1));

    public TimeSpan Poison() => Next(ref _poison, TimeSpan.FromSeconds(60));

    static TimeSpan Next(ref TimeSpan pause, TimeSpan max)
    {
        var now = pause;
        pause = pause * 2 < max ? pause * 2 : max;
        return now;
    }
}
