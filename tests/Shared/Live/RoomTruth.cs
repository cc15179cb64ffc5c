namespace EdgeRooms.Tests.Live;

/// <summary>What any client was told at each seq of a room: the first sets it, the others and the stream must agree. Any thread.</summary>
sealed class RoomTruth(string room)
{
    readonly List<(string By, long Cmd)> _events = [];

    public string Room => room;

    /// <summary>False where another client was told something else at this seq.</summary>
    public bool Agrees(long seq, string by, long cmd)
    {
        lock (_events)
        {
            while (_events.Count < seq)
            {
                _events.Add(default);
            }

            var known = _events[(int)seq - 1];
            if (known == default)
            {
                _events[(int)seq - 1] = (by, cmd);
                return true;
            }

            return known == (by, cmd);
        }
    }

    /// <summary>The highest seq that anybody was told.</summary>
    public long Head
    {
        get
        {
            lock (_events)
            {
                return _events.Count;
            }
        }
    }
}
