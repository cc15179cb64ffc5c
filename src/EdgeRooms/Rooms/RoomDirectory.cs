using System.Collections.Immutable;

using EdgeRooms.Cluster;
using EdgeRooms.Events;
using EdgeRooms.Protocol;

namespace EdgeRooms.Rooms;

/// <summary>
/// The rooms in this node's memory, each with its loop, and the routers that are linked with the node. Links post from any thread; a room that is
/// not here is started by its first request. A room's loops follow one another: the next starts when the last has ended, in one step with the
/// closing of its inbox (HARD-CASES 22). Nothing of a router or a room is called under its lock but their inboxes.
/// </summary>
sealed partial class RoomDirectory : IRoomHost
{
    /// <summary>How long a load waits for routers to tell their members; who is later is taken in then (HARD-CASES 23).</summary>
    static readonly TimeSpan AskWithin = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a room that was given to another node is not taken back: requests that were on their way when the routers were told belong there too, behind
    /// those given back, and must not bring the room into memory here once more.
    /// </summary>
    static readonly TimeSpan GivenAwayFor = TimeSpan.FromSeconds(2);

    const int AskRooms = 256;
    const int GivenAwayMax = 1024;

    /// <summary>
    /// Rooms that are handed over together at a stop, in the end. The first goes alone and the groups double: what runs for the first time is compiled here, at
    /// the routers and at the next owner, which costs that one room some hundred milliseconds instead of a whole group.
    /// </summary>
    const int StopRooms = 128;

    /// <summary>How long the next group waits for one: a slow handler keeps its own room only.</summary>
    static readonly TimeSpan GroupWithin = TimeSpan.FromMilliseconds(500);

    readonly Dictionary<RoomId, RoomLoop> _loops = [];
    readonly Dictionary<RoomId, (string Owner, long At)> _givenAway = [];
    readonly Lock _lock = new();
    readonly KindRegistry _kinds;
    readonly RoomServices _services;
    readonly RoomActivator _activator;
    readonly Lease _lease;
    readonly Func<AppendGroup, ValueTask> _enqueue;
    ImmutableArray<IRouterLink> _routers = [];
    Func<RoomId, string?>? _next;

    public RoomDirectory(KindRegistry kinds, RoomServices services, ILeases leases, Lease lease, Func<AppendGroup, ValueTask> enqueue)
    {
        _kinds = kinds;
        _services = services;
        _activator = new RoomActivator(leases, services.Log, this);
        _lease = lease;
        _enqueue = enqueue;
        _activator.Start();
    }

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

    /// <summary>The loops of the rooms in memory, for the checks that go over all of them.</summary>
    public IReadOnlyList<RoomLoop> Loops
    {
        get
        {
            lock (_lock)
            {
                return [.. _loops.Values];
            }
        }
    }

    public bool MaySpeak => _lease.IsHeld;

    public bool Has(RoomId room)
    {
        lock (_lock)
        {
            return _loops.ContainsKey(room);
        }
    }

    /// <summary>The lease is back: rooms that waited for it go on.</summary>
    public void LookAgain()
    {
        foreach (var loop in Loops)
        {
            loop.LookAgain();
        }
    }

    /// <summary>Null where the request is taken; else its answer.</summary>
    public RoomReply? Post(RoomRequest request)
    {
        lock (_lock)
        {
            return FindOrStart(request.Room, out var refusal) is { } loop ? loop.Post(request) : refusal;
        }
    }

    public void Unfollow(RoomId room, IRouterLink router)
    {
        lock (_lock)
        {
            if (_loops.TryGetValue(room, out var loop))
            {
                loop.Unfollow(router);
            }
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

    /// <summary>A router missed changes of the room's members.</summary>
    public void SendRoster(RoomId room)
    {
        lock (_lock)
        {
            if (_loops.TryGetValue(room, out var loop))
            {
                loop.SendRoster();
            }
        }
    }

    /// <summary>Hands a room over to a node that has a better claim to it; one that is in the middle of something stays.</summary>
    public void Move(RoomId room, string node)
    {
        lock (_lock)
        {
            if (_loops.TryGetValue(room, out var loop))
            {
                loop.MoveTo(node);
            }
        }
    }

    public Task<LoadedRoom> ClaimAndLoadAsync(RoomId room) => _activator.ClaimAndLoadAsync(room);

    public ValueTask EnqueueAsync(AppendGroup group) => _enqueue(group);

    public async Task EndedAsync(RoomLoop loop, RoomEnd end)
    {
        // Released while its slot still stands: a request that comes meanwhile waits in the inbox and starts the next loop after the release.
        await _activator.ReleaseAsync(loop.Id);
        IReadOnlyList<RoomRequest> left;
        bool goesOn;
        lock (_lock)
        {
            left = loop.Close();
            _loops.Remove(loop.Id);
            _services.Tails.Divide(_loops.Count);
            if (end is { WasGiven: true, Owner: { } owner })
            {
                GiveAway(loop.Id, owner);
            }

            goesOn = !end.HasMoved && _next is null;
            if (goesOn && left.Count > 0)
            {
                FindOrStart(loop.Id, out _)?.Adopt(left);
            }
        }

        if (!goesOn)
        {
            loop.SayMoved(end.Owner);
            foreach (var request in left)
            {
                request.From.Reply(request, new BouncedReply(end.Owner));
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

    /// <summary>
    /// Every room finishes what it has and is released, a group at a time, so that each pauses only as long as its group; nothing new starts.
    /// <paramref name="next"/> says who is to have a room; null where nobody is left.
    /// </summary>
    public async Task StopAsync(Func<RoomId, string?> next)
    {
        IReadOnlyList<RoomLoop> loops;
        lock (_lock)
        {
            _next = next;
            loops = [.. _loops.Values];
        }

        var all = new List<Task>();
        for (int at = 0, size = 1; at < loops.Count; at += size, size = Math.Min(2 * size, StopRooms))
        {
            var group = loops.Skip(at).Take(size).ToList();
            foreach (var loop in group)
            {
                loop.Stop(next(loop.Id));
            }

            var ended = Task.WhenAll(group.Select(l => l.Ended));
            await Task.WhenAny(ended, Task.Delay(GroupWithin, _services.Clock));
            all.Add(ended);
        }

        await Task.WhenAll(all);
    }

    RoomLoop? FindOrStart(RoomId room, out RoomReply? refusal)
    {
        refusal = null;
        if (_loops.TryGetValue(room, out var loop))
        {
            return loop;
        }

        if (_next is { } next)
        {
            refusal = new BouncedReply(next(room));
            return null;
        }

        if (_givenAway.TryGetValue(room, out var given))
        {
            if (_services.Clock.GetElapsedTime(given.At) < GivenAwayFor)
            {
                refusal = new BouncedReply(given.Owner);
                return null;
            }

            _givenAway.Remove(room);
        }

        if (_kinds.Find(room.Kind) is not { } kind)
        {
            refusal = new ErrorReply(new RoomError(ErrorCode.UnknownKind, $"There is no kind '{room.Kind}' here."));
            return null;
        }

        loop = new RoomLoop(room, kind, _services, this);
        _loops.Add(room, loop);
        _services.Tails.Divide(_loops.Count);
        loop.Start();
        return loop;
    }

    void GiveAway(RoomId room, string owner)
    {
        if (_givenAway.Count >= GivenAwayMax)
        {
            foreach (var (old, given) in _givenAway.ToArray())
            {
                if (_services.Clock.GetElapsedTime(given.At) >= GivenAwayFor)
                {
                    _givenAway.Remove(old);
                }
            }
        }

        _givenAway[room] = (owner, _services.Clock.GetTimestamp());
    }
}
