using EdgeRooms.Cluster;
using EdgeRooms.Protocol;

namespace EdgeRooms.Rooms;

/// <summary>
/// The routers that follow a room: what it says goes once to each. Owned by the room's loop. Bounded by the cluster's routers.
/// </summary>
sealed class RoomRouters(RoomId room)
{
    readonly List<IRouterLink> _routers = [];

    /// <summary>The claim that the room's word is given under.</summary>
    public long Claim { get; private set; }

    /// <summary>A new activation: these routers follow it.</summary>
    public void Begin(RoomMemory memory, IEnumerable<Follow> follows)
    {
        Claim = memory.Claim;
        _routers.Clear();
        foreach (var (router, report) in follows)
        {
            Add(router, report, memory);
        }
    }

    /// <summary>
    /// Takes a router in, and tells it where the room is; what comes after, it hears. What it missed of the last events it gets here, once for all its
    /// members: they need not read the log, each for itself.
    /// </summary>
    public void Add(IRouterLink router, FeedReport? report, RoomMemory memory)
    {
        if (!router.IsOpen || _routers.Contains(router))
        {
            return;
        }

        _routers.Add(router);
        var missed = report?.SeenEpoch == memory.Activation.Epoch ? memory.Tail.From(report.SeenSeq + 1) : null;
        router.Active(room, Claim, memory.Activation.Epoch, missed is null ? memory.Tail.LastSeq : missed.FirstSeq - 1);
        if (missed is not null)
        {
            router.Events(room, Claim, missed);
        }
    }

    public void Remove(IRouterLink router) => _routers.Remove(router);

    public void Events(EventBatch events)
    {
        foreach (var router in _routers)
        {
            router.Events(room, Claim, events);
        }
    }

    /// <summary>To one session on one router, or to all but one session.</summary>
    public void Ephemeral(ReadOnlyMemory<byte> frame, Seat? only, string? except)
    {
        if (only is not null)
        {
            only.Router?.Ephemeral(room, Claim, frame, only.Session, null);
            return;
        }

        foreach (var router in _routers)
        {
            router.Ephemeral(room, Claim, frame, null, except);
        }
    }

    public void Members(MemberChange change)
    {
        foreach (var router in _routers)
        {
            router.Members(room, Claim, change);
        }
    }

    public void Roster(IReadOnlyList<MemberInfo> members)
    {
        foreach (var router in _routers)
        {
            router.Roster(room, Claim, members);
        }
    }

    public void Moved(string? owner, bool wake)
    {
        foreach (var router in _routers)
        {
            router.Moved(room, Claim, owner, wake);
        }
    }
}

/// <summary>A router follows a room.</summary>
sealed record Follow(IRouterLink Router, FeedReport Report);
