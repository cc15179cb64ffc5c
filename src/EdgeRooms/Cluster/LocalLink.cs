using EdgeRooms.Rooms;
using EdgeRooms.Sessions;

namespace EdgeRooms.Cluster;

/// <summary>
/// The link between the router and the rooms of one process: calls go straight through, in their order. Any thread; it is there as long as the
/// process.
/// </summary>
sealed class LocalLink(RoomDirectory rooms, string nodeName) : INodeLink, IRouterLink
{
    Router? _router;

    public string NodeName => nodeName;

    public bool IsOpen => true;

    Router Router => _router ?? throw new InvalidOperationException("No router is attached.");

    public Task AttachAsync(Router router)
    {
        _router = router;
        return rooms.AttachAsync(this);
    }

    public RoomReply? Post(RoomRequest request)
    {
        request.Via = this;
        return rooms.Post(request);
    }

    public void Cancel(RoomRequest request) => request.IsAbandoned = true;

    public void Unfollow(RoomId room) => rooms.Unfollow(room, this);

    public void Events(RoomId room, long claim, EventBatch events) => Router.FindFeed(room)?.OnEvents(claim, events);

    public void Ephemeral(RoomId room, long claim, ReadOnlyMemory<byte> frame, string? only, string? except) =>
        Router.FindFeed(room)?.OnEphemeral(claim, frame, only, except);

    public void Members(RoomId room, long claim, MemberChange change) => Router.FindFeed(room)?.OnMembers(claim, change);

    public void Roster(RoomId room, long claim, IReadOnlyList<MemberInfo> members) => Router.FindFeed(room)?.OnRoster(claim, members);

    public void Active(RoomId room, long claim, long epoch, long seq) => Router.FindFeed(room)?.OnActive(this, claim, epoch, seq);

    public void Moved(RoomId room, long claim, string? owner, bool wake) => Router.FindFeed(room)?.OnMoved(this, claim, owner, wake);

    public void Replaced(string session, ConnectionStamp by) => Router.OnReplaced(session, by);

    public ValueTask<IReadOnlyList<FeedReport>> AskAsync(IReadOnlyList<RoomId> asked) => new(Router.Report(asked));
}

/// <summary>The routes of a process that is alone: every room is here.</summary>
sealed class LocalRoutes(LocalLink link) : IRoutes
{
    public INodeLink? To(RoomId room) => link;

    public INodeLink? ToNode(string name) => name == link.NodeName ? link : null;
}
