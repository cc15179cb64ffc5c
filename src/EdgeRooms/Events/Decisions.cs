namespace EdgeRooms.Events;

/// <summary>
/// What became of each room's part of a batch, in the batch's order, until the rooms are told. Used by one writer's loop alone; a part that is not committed
/// fails its activation at once, so that nothing of it is appended behind.
/// </summary>
sealed class Decisions
{
    readonly List<(RoomAppend Room, AppendOutcome Outcome)> _list = [];

    /// <summary>The statement took effect, but for the rooms that were not at the version expected.</summary>
    public void Add(List<RoomAppend> batch, IReadOnlyList<AppendConflict> conflicts)
    {
        foreach (var conflict in conflicts)
        {
            batch[conflict.Index].Activation.Fail();
        }

        foreach (var room in batch)
        {
            _list.Add((room, room.Activation.Failed ? AppendOutcome.Conflict : AppendOutcome.Committed));
        }
    }

    /// <summary>None of it is known to be stored.</summary>
    public void AddAll(List<RoomAppend> batch, AppendOutcome outcome)
    {
        foreach (var room in batch)
        {
            room.Activation.Fail();
            _list.Add((room, outcome));
        }
    }

    /// <summary>Tells the rooms; each goes on by its own loop.</summary>
    public void Tell()
    {
        foreach (var (room, outcome) in _list)
        {
            if (outcome == AppendOutcome.Committed)
            {
                room.Groups[^1].Listener.Committed(room.Groups[^1]);
            }
            else
            {
                room.Groups[0].Listener.Failed(room.Groups[0], outcome);
            }
        }
    }
}
