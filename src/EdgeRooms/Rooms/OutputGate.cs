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

    /// <summary>Everything that is held, which will never be let out: the activation is lost.</summary>
    public IReadOnlyList<Turn> TakeAll()
    {
        Turn[] held = [.. _held];
        _held.Clear();
        _bytes = 0;
        return held;
    }
}
