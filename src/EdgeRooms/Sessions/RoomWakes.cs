namespace EdgeRooms.Sessions;

/// <summary>
/// Rooms to be loaded after a router or a node was lost, should members be missing there. Whoever sees the loss adds them, the router's ticker wakes a few at a
/// time: many of them sleep and are a load each, at every router at once. Bounded by the rooms that are followed here; one that waits already keeps its place.
/// </summary>
sealed class RoomWakes
{
    /// <summary>In each quarter of a second; a node claims and loads a few thousand a second, which is for those who ask for something.</summary>
    public const int RoomsMax = 100;

    readonly Lock _lock = new();
    Queue<RoomFeed> _waiting = [];

    public void Add(IEnumerable<RoomFeed> feeds)
    {
        lock (_lock)
        {
            _waiting = new Queue<RoomFeed>(_waiting.Concat(feeds).Distinct());
        }
    }

    public void WakeSome()
    {
        for (int i = 0; i < RoomsMax && Next() is { } feed; i++)
        {
            feed.WakeForMissing();
        }
    }

    RoomFeed? Next()
    {
        lock (_lock)
        {
            return _waiting.TryDequeue(out var feed) ? feed : null;
        }
    }
}
