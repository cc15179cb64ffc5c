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
    public void Begin(RoomMemory memory, IEnumerable<IRouterLink> routers)
    {
        Claim = memory.Claim;
        _routers.Clear();
        foreach (var router in routers)
        {
            Add(router, memory);
        }
    }

    /// <summary>Takes a router in, and tells it where the room is; what comes after, it hears.</summary>
    public void Add(IRouterLink router, RoomMemory memory)
    {
        if (router.IsOpen && !_routers.Contains(router))
        {
            _routers.Add(router);
            router.Active(room, Claim, memory.Activation.Epoch, memory.Tail.LastSeq);
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
