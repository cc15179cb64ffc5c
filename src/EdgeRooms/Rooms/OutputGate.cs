using EdgeRooms.Events;

namespace EdgeRooms.Rooms;

/// <summary>
/// Holds turns in order until what they and all before them decided is stored (workerd's io-gate). Owned by the room's loop. Bounded: when it
/// has no room, the loop takes no further turn until a commit comes.
/// </summary>
sealed class OutputGate(int turnsMax, int bytesMax)
{
    readonly Queue<Turn> _held = new();
    int _bytes;

    public bool IsEmpty => _held.Count == 0;

    public bool HasRoom => _held.Count < turnsMax && _bytes < bytesMax;

    public void Hold(Turn turn)
    {
        _held.Enqueue(turn);
        _bytes += turn.Bytes;
    }

    /// <summary>Opens for every turn up to <paramref name="committed"/>, and for those behind it that wait for nothing more.</summary>
    public IReadOnlyList<Turn> Open(AppendGroup committed)
    {
        var open = new List<Turn>();
        bool passed = false;
        while (_held.TryPeek(out var turn) && (!passed || turn.Group is null))
        {
            passed |= ReferenceEquals(turn.Group, committed);
            _bytes -= turn.Bytes;
            open.Add(_held.Dequeue());
        }

        return open;
    }

    /// <summary>The turn of a group that is still held.</summary>
    public Turn? TurnOf(AppendGroup group) => _held.FirstOrDefault(t => ReferenceEquals(t.Group, group));
}
