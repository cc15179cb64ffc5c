namespace EdgeRooms.Cluster;

/// <summary>
/// Port: a router's way to the node that owns a room. Requests of one router to one room arrive in the order sent. Called from any thread.
/// </summary>
interface INodeLink
{
    /// <summary>Hands a request on; where it cannot (a full inbox), the requester is answered <c>overloaded</c>. Never blocks.</summary>
    void Post(RoomRequest request);

    /// <summary>The router whose members the rooms at the other end serve, told once at the start.</summary>
    void Attach(IRouterLink router);
}

/// <summary>
/// Port: a room's way to a router that follows it. All calls for one room come in order, from the room's loop; none may block. Each carries
/// the claim it was made under: a router drops what comes from a lower one (HARD-CASES 19).
/// </summary>
interface IRouterLink
{
    /// <summary>Committed events, consecutive.</summary>
    void Events(RoomId room, long claim, EventBatch events);

    /// <summary>An ephemeral frame, to one session or to all but one.</summary>
    void Ephemeral(RoomId room, long claim, ReadOnlyMemory<byte> frame, string? only, string? except);

    /// <summary>A <c>members</c> frame, to all but the session it speaks of.</summary>
    void Members(RoomId room, long claim, ReadOnlyMemory<byte> frame, string about);

    /// <summary>The members that this router holds for the room, asked before a loaded room's first output.</summary>
    IReadOnlyList<MemberReport> ReportMembers(RoomId room);

    /// <summary>The room is (again) in memory at this epoch and seq: send again what is unanswered since <see cref="Lost"/>.</summary>
    void Active(RoomId room, long claim, long epoch, long seq);

    /// <summary>The room dropped its memory: send nothing until <see cref="Active"/>; what was sent and not answered is gone.</summary>
    void Lost(RoomId room, long claim);
}

/// <summary>A member as its router knows it.</summary>
sealed record MemberReport(Caller Caller, System.Text.Json.JsonElement? Data);
