namespace EdgeRooms.Sessions;

/// <summary>
/// A small sorted set of a session's numbers, which come and go in about their order. Not thread-safe: guarded by its owner, which bounds it to a few
/// hundred; so a list that allocates nothing for a number is cheaper than a tree.
/// </summary>
sealed class SortedNumbers
{
    readonly List<long> _numbers = [];

    public int Count => _numbers.Count;

    /// <summary>The lowest; 0 where there is none.</summary>
    public long Min => _numbers.Count == 0 ? 0 : _numbers[0];

    public bool Contains(long number) => _numbers.BinarySearch(number) >= 0;

    /// <summary>False where it is here already.</summary>
    public bool Add(long number)
    {
        int at = _numbers.BinarySearch(number);
        if (at < 0)
        {
            _numbers.Insert(~at, number);
        }

        return at < 0;
    }

    public void Remove(long number)
    {
        int at = _numbers.BinarySearch(number);
        if (at >= 0)
        {
            _numbers.RemoveAt(at);
        }
    }

    /// <summary>The highest below <paramref name="number"/>; 0 where there is none.</summary>
    public long Below(long number)
    {
        int at = _numbers.BinarySearch(number);
        int above = at < 0 ? ~at : at;
        return above == 0 ? 0 : _numbers[above - 1];
    }
}
