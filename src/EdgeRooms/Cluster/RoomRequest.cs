using System.Text.Json;

namespace EdgeRooms.Cluster;

/// <summary>
/// The order of a session's connections: a room takes only a larger stamp, and what comes with a smaller one has no effect (HARD-CASES 17).
/// </summary>
/// <param name="Ms">Database-clock milliseconds at the upgrade.</param>
/// <param name="Number">The connection's number in its process.</param>
readonly record struct ConnectionStamp(long Ms, long Number) : IComparable<ConnectionStamp>
{
    public int CompareTo(ConnectionStamp other) => Ms != other.Ms ? Ms.CompareTo(other.Ms) : Number.CompareTo(other.Number);
}

/// <summary>Who a request speaks for. <paramref name="Session"/> is empty for HTTP, which has none.</summary>
sealed record Caller(string Session, ConnectionStamp Stamp, string User, string? DisplayName)
{
    public static readonly Caller Nobody = new("", default, "", null);
}

/// <summary>
/// The end that waits for an answer. <see cref="Reply"/> is called once a request, on the room's loop, behind the room's events that belong before
/// it; it must not block. A reply to a request that was given up meanwhile is dropped.
/// </summary>
abstract class Requester
{
    public abstract void Reply(RoomRequest request, RoomReply reply);
}

/// <summary>For requests that have no answer.</summary>
sealed class NoReply : Requester
{
    public static readonly NoReply Instance = new();

    public override void Reply(RoomRequest request, RoomReply reply)
    {
    }
}

/// <summary>What a router asks of a room. One object is one try: a resend is a new one, and late replies to the old are dropped.</summary>
abstract record RoomRequest(RoomId Room, Caller Caller, Requester From)
{
    volatile bool _isAbandoned;

    /// <summary>The router that it came from, set by the link that brought it.</summary>
    public IRouterLink? Via { get; set; }

    /// <summary>Nobody waits for the answer any more: a room that has not run it yet need not. Set from any thread.</summary>
    public bool IsAbandoned
    {
        get => _isAbandoned;
        set => _isAbandoned = value;
    }
}

/// <summary>
/// The first thing that a node gets of a router that turns to it for a room: its members there. No reply. It makes good what a load's question missed:
/// a join that the room's last owner answered meanwhile.
/// </summary>
sealed record FollowRequest(RoomId Room, Requester From, FeedReport Report) : RoomRequest(Room, Caller.Nobody, From);

/// <summary>
/// Enter the room, or come back to it. <paramref name="Since"/> null: from now, or the last <paramref name="History"/> events.
/// <paramref name="RouterHas"/>: the events from there on are in the router's memory and need not be sent; null: none.
/// </summary>
sealed record JoinRequest(
    RoomId Room, Caller Caller, Requester From, long? Since, long? Epoch, int History, JsonElement? Data, long? RouterHas = null)
    : RoomRequest(Room, Caller, From);

/// <summary>Leave now, or after the grace where the socket broke.</summary>
sealed record LeaveRequest(RoomId Room, Caller Caller, Requester From, bool Broke, LeaveReason Reason = LeaveReason.Left)
    : RoomRequest(Room, Caller, From);

/// <summary>
/// A command. <paramref name="After"/> is the session's highest unanswered number below <paramref name="Cmd"/> in this room (0: none): the room takes
/// the command only when it has judged that one (HARD-CASES 14).
/// </summary>
sealed record CommandRequest(
    RoomId Room, Caller Caller, Requester From, long? Cmd, long After, string Name, ReadOnlyMemory<byte> Data,
    string? Key = null, string? KeyHash = null, long? Epoch = null)
    : RoomRequest(Room, Caller, From);

/// <summary>Give a number up.</summary>
sealed record SkipRequest(RoomId Room, Caller Caller, Requester From, long Cmd) : RoomRequest(Room, Caller, From);

/// <summary>An ephemeral frame to everyone else: passes the loop without a turn. No reply.</summary>
sealed record EphemeralRequest(RoomId Room, Caller Caller, Requester From, string Name, ReadOnlyMemory<byte> Data)
    : RoomRequest(Room, Caller, From);

/// <summary>New presence data. No reply.</summary>
sealed record PresenceRequest(RoomId Room, Caller Caller, Requester From, JsonElement? Data) : RoomRequest(Room, Caller, From);

/// <summary>The state as the caller may see it, and the members.</summary>
sealed record ReadRequest(RoomId Room, Caller Caller, Requester From) : RoomRequest(Room, Caller, From);

/// <summary>The answer to a request.</summary>
abstract record RoomReply;

/// <summary>
/// The room is not here, and the request had no effect: send it to <paramref name="Owner"/>, or (null) to whom the ring proposes.
/// </summary>
sealed record BouncedReply(string? Owner) : RoomReply;

/// <summary>
/// The member is in. The next event is <paramref name="NextSeq"/>; <paramref name="Replay"/> holds the events from there to <paramref name="Seq"/> where
/// memory has them and the router has not, else (null, and NextSeq not above Seq) the router finds them in its memory or the log.
/// </summary>
sealed record JoinedReply(
    long Epoch, long Seq, bool Recovered, string Member, ReadOnlyMemory<byte> State, ReadOnlyMemory<byte> Members, long NextSeq, EventBatch? Replay)
    : RoomReply;

sealed record AckReply(
    long? Cmd, long Seq, bool Dup = false, bool Refused = false, bool Skipped = false, ReadOnlyMemory<byte> Result = default)
    : RoomReply;

sealed record ErrorReply(Protocol.RoomError Error) : RoomReply;

sealed record LeftReply : RoomReply;

sealed record StateReply(long Epoch, long Seq, ReadOnlyMemory<byte> State, ReadOnlyMemory<byte> Members) : RoomReply;
