namespace EdgeRooms.Events;

/// <summary>
/// One life of a room in memory, from a load to the drop of its memory. The writer marks it <see cref="Failed"/> when an
/// append of it lost or is in doubt; from then on it appends nothing, however well the versions fit (HARD-CASES 1).
/// </summary>
sealed class Activation(RoomId room, long epoch)
{
    volatile bool _failed;

    public RoomId Room { get; } = room;

    public long Epoch { get; } = epoch;

    public string Stream { get; } = StreamKey.Of(room, epoch);

    public bool Failed => _failed;

    public void Fail() => _failed = true;
}
