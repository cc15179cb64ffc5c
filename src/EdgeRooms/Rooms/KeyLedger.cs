namespace EdgeRooms.Rooms;

/// <summary>
/// Idempotency keys of HTTP commands, by user, rebuilt from the stream: remembered for a day at least. Owned by the room's loop. Bounded:
/// full of younger keys, a new one is refused.
/// </summary>
sealed class KeyLedger(int capacity)
{
    static readonly TimeSpan Remembered = TimeSpan.FromHours(24);

    readonly Dictionary<(string User, string Key), Entry> _entries = [];
    readonly Queue<(string User, string Key)> _byAge = new();

    public IEnumerable<KeyValuePair<(string User, string Key), Entry>> Entries => _entries;

    public Entry? Find(string user, string key) => _entries.GetValueOrDefault((user, key));

    /// <summary>Whether one more key fits, after those older than a day went when the ledger is full.</summary>
    public bool HasRoom(DateTimeOffset now)
    {
        while (_entries.Count >= capacity && _byAge.TryPeek(out var oldest) && _entries[oldest].At + Remembered < now)
        {
            _entries.Remove(_byAge.Dequeue());
        }

        return _entries.Count < capacity;
    }

    public void Add(string user, string key, Entry entry)
    {
        HasRoom(entry.At);
        if (_entries.TryAdd((user, key), entry))
        {
            _byAge.Enqueue((user, key));
        }
    }

    public sealed record Entry(string BodyHash, long Seq, DateTimeOffset At, ReadOnlyMemory<byte> Result);
}
