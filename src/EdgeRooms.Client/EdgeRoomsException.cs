namespace EdgeRooms.Client;

/// <summary>
/// What went wrong, for which room, and what to do. <see cref="Code"/> is one of the protocol's (<c>rejected</c>, <c>forbidden</c>, <c>unavailable</c>, …)
/// or one of the client's own:
/// <list type="table">
/// <item><term>outcome_unknown</term><description>the command was sent, its session or room ended before the answer: it took effect or it did not</description></item>
/// <item><term>queue_full</term><description>too many commands wait; try again when some have been answered</description></item>
/// <item><term>closed</term><description>the room or client was closed; the command was never sent</description></item>
/// <item><term>behind</term><description>a reader of events was so slow that they must be read from the log, and the token does not grant <c>history</c></description></item>
/// <item><term>state_lost</term><description><see cref="Room.Doc"/> was asked for too late in a busy room</description></item>
/// <item><term>user_changed</term><description>the token is another user's now; what waited was not theirs to send</description></item>
/// <item><term>replaced</term><description>another connection goes on with this session</description></item>
/// <item><term>kicked</term><description>the server ended this connection for good</description></item>
/// </list>
/// </summary>
public sealed class EdgeRoomsException : Exception
{
    /// <summary>Also thrown by a token provider, to say that there will never be a token (<paramref name="retry"/> false).</summary>
    public EdgeRoomsException(string code, string message, string? room = null, bool retry = false, Exception? inner = null)
        : base(room is null ? message : $"{room}: {message}", inner)
    {
        Code = code;
        Room = room;
        Retry = retry;
    }

    /// <summary>For programs; the message is for people.</summary>
    public string Code { get; }

    /// <summary>The room it is about; null where it is about all of them.</summary>
    public string? Room { get; }

    /// <summary>Whether the same again may succeed.</summary>
    public bool Retry { get; }
}
