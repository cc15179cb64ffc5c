using System.Text.Json;

namespace EdgeRooms.Cluster;

/// <summary>
/// Port: one router's way to one node. Requests arrive in the order sent, and each taken one is answered once, or the link is told as lost.
/// Called from any thread; nothing here blocks.
/// </summary>
interface INodeLink
{
    /// <summary>The name of the node at the other end.</summary>
    string NodeName { get; }

    /// <summary>Hands a request on. Null where it is taken; else the answer at once, and it went nowhere.</summary>
    RoomReply? Post(RoomRequest request);

    /// <summary>Nobody waits for this request any more.</summary>
    void Cancel(RoomRequest request);

    /// <summary>The router follows the room no more.</summary>
    void Unfollow(RoomId room);
}

/// <summary>
/// Port: a node's way to one router. All calls for one room come in order, from the room's loop; none may block. Each carries
/// the claim it was made under: a router drops what comes from a lower one (HARD-CASES 19).
/// </summary>
interface IRouterLink
{
    /// <summary>False once the link is gone for good.</summary>
    bool IsOpen { get; }

    /// <summary>Committed events, consecutive.</summary>
    void Events(RoomId room, long claim, EventBatch events);

    /// <summary>An ephemeral frame, to one session or to all but one.</summary>
    void Ephemeral(RoomId room, long claim, ReadOnlyMemory<byte> frame, string? only, string? except);

    /// <summary>A member came, changed or went; told to all but itself.</summary>
    void Members(RoomId room, long claim, MemberChange change);

    /// <summary>All members there are: the router tells its clients what differs from what they know (HARD-CASES 23).</summary>
    void Roster(RoomId room, long claim, IReadOnlyList<MemberInfo> members);

    /// <summary>The room is in memory; this router follows it, and has heard, or hears no more, what was up to this epoch and seq.</summary>
    void Active(RoomId room, long claim, long epoch, long seq);

    /// <summary>
    /// The room was given up in order; ask <paramref name="owner"/> for it, or (null) whom the ring proposes. With <paramref name="wake"/> do so at
    /// once: it has members who are to leave.
    /// </summary>
    void Moved(RoomId room, long claim, string? owner, bool wake);

    /// <summary>A newer connection of the session is in one of the node's rooms: the one here is to close (HARD-CASES 17).</summary>
    void Replaced(string session, ConnectionStamp by);

    /// <summary>Which of these rooms the router follows, and who its members in each are: asked of every router before a room's first output.</summary>
    ValueTask<IReadOnlyList<FeedReport>> AskAsync(IReadOnlyList<RoomId> rooms);
}

/// <summary>Which node link leads to a room. Any thread; answered from a snapshot.</summary>
interface IRoutes
{
    /// <summary>To the node that the ring proposes; null where there is none, or no link to it yet.</summary>
    INodeLink? To(RoomId room);

    /// <summary>To a node by name; null where there is no link to it.</summary>
    INodeLink? ToNode(string name);
}

/// <summary>
/// A room that a router follows, its members there, and the epoch and highest seq that a room's owner told it (0: none): proof of what was committed.
/// </summary>
sealed record FeedReport(RoomId Room, IReadOnlyList<MemberReport> Members, long SeenEpoch, long SeenSeq);

/// <summary>A member as its router knows it.</summary>
sealed record MemberReport(Caller Caller, JsonElement? Data);

/// <summary>A member as clients see it.</summary>
readonly record struct MemberInfo(string Id, string User, JsonElement? Data)
{
    public static bool SameData(JsonElement? a, JsonElement? b) =>
        a is { } x && b is { } y ? JsonElement.DeepEquals(x, y) : a is null && b is null;
}

/// <summary>One change of a room's members.</summary>
readonly record struct MemberChange(MemberChangeKind Kind, MemberInfo Member);

enum MemberChangeKind : byte
{
    Joined,
    Left,
    Updated,
}
