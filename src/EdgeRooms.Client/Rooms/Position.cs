namespace EdgeRooms.Client.Rooms;

/// <summary>Where a room's stream has been read to.</summary>
sealed class Position
{
    long? _seq;

    /// <summary>Past events may come first, the first of them above this.</summary>
    long? _historyAfter;

    public string? Epoch { get; private set; }

    public long Seq => _seq ?? 0;

    public bool IsKnown => _seq is not null;

    /// <summary>What a join may go on from. Where the connection went before the first past event, we have none of them and ask anew.</summary>
    public long? Since => _historyAfter is null ? _seq : null;

    public void Start(string? epoch, long seq, int history)
    {
        Epoch = epoch;
        _seq = seq;
        _historyAfter = history > 0 && seq > 0 ? Math.Max(0, seq - history) : null;
    }

    /// <summary>Whether an event is the next one; it then counts as read.</summary>
    public Place Take(long seq)
    {
        if (_historyAfter is { } after && seq > after && seq <= Seq)
        {
            _seq = seq - 1;
        }

        if (seq <= Seq)
        {
            return Place.Repeat;
        }

        if (seq > Seq + 1)
        {
            return Place.Gap;
        }

        _historyAfter = null;
        _seq = seq;
        return Place.Next;
    }
}
