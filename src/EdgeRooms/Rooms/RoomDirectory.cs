using EdgeRooms.Cluster;
using EdgeRooms.Events;
using EdgeRooms.Protocol;

namespace EdgeRooms.Rooms;

/// <summary>
/// The rooms in this node's memory, each with its loop. Routers post from any thread; a room that is not here is started by its first request.
/// A room's loops follow one another: the next starts when the last has ended, in one step with the closing of its inbox (HARD-CASES 22).
/// </summary>
sealed class RoomDirectory(KindRegistry kinds, RoomServices services, RoomActivator activator, Func<AppendGroup, ValueTask> enqueue)
    : INodeLink, IRoomHost
{
    readonly Dictionary<RoomId, RoomLoop> _loops = [];
    readonly Lock _lock = new();
    IRouterLink? _router;
    bool _stopped;

    public IRouterLink Router => _router ?? throw new InvalidOperationException("No router is attached.");

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _loops.Count;
            }
        }
    }

    public void Attach(IRouterLink router) => _router = router;

    public void Post(RoomRequest request)
    {
        RoomError? refusal;
        lock (_lock)
        {
            refusal = FindOrStart(request.Room, out var loop);
            loop?.Post(request);
        }

        if (refusal is not null)
        {
            request.From.Reply(request, new ErrorReply(refusal));
        }
    }

    /// <summary>Brings a room into memory, for its due alarms.</summary>
    public void Wake(RoomId room)
    {
        lock (_lock)
        {
            FindOrStart(room, out _);
        }
    }

    public ValueTask EnqueueAsync(AppendGroup group) => enqueue(group);

    public Task<(StoredRoom Room, long Claim)> ClaimAndLoadAsync(RoomId room) => activator.ClaimAndLoadAsync(room);

    public async Task EndedAsync(RoomLoop loop)
    {
        // Released while its slot still stands: a request that comes meanwhile waits in the inbox and starts the next loop after the release.
        await activator.ReleaseAsync(loop.Id);
        lock (_lock)
        {
            var left = loop.Close();
            _loops.Remove(loop.Id);
            foreach (var request in left)
            {
                FindOrStart(request.Room, out var next);
                next?.Post(request);
            }
        }
    }

    /// <summary>Every room drops its memory and claims again: this node's fence was raised.</summary>
    public void DropAll()
    {
        lock (_lock)
        {
            foreach (var loop in _loops.Values)
            {
                loop.DropMemory();
            }
        }
    }

    /// <summary>Every room finishes what it has, stores a snapshot and is released; nothing new starts.</summary>
    public async Task StopAsync()
    {
        List<RoomLoop> loops;
        lock (_lock)
        {
            _stopped = true;
            loops = [.. _loops.Values];
        }

        loops.ForEach(l => l.Stop());
        await Task.WhenAll(loops.Select(l => l.Ended));
    }

    RoomError? FindOrStart(RoomId room, out RoomLoop? loop)
    {
        if (_loops.TryGetValue(room, out loop))
        {
            return null;
        }

        if (_stopped)
        {
            return new RoomError(ErrorCode.Unavailable, "The node is stopping; connect again.", Retry: true, RetryAfterMs: 1000);
        }

        if (kinds.Find(room.Kind) is not { } kind)
        {
            return new RoomError(ErrorCode.UnknownKind, $"There is no kind '{room.Kind}' here.");
        }

        loop = new RoomLoop(room, kind, services, this);
        _loops.Add(room, loop);
        loop.Start();
        return null;
    }
}
