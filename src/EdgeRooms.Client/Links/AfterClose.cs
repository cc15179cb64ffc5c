namespace EdgeRooms.Client.Links;

/// <summary>What a close code asks of the client (PROTOCOL.md, "Close codes").</summary>
/// <param name="Next">What to do.</param>
/// <param name="Code">Why it is over, where <see cref="NextStep.Stop"/>.</param>
/// <param name="Message">The same for people.</param>
/// <param name="AttemptMin">How far the back-off has got at least.</param>
readonly record struct AfterClose(NextStep Next, string Code = "", string Message = "", int AttemptMin = 0)
{
    /// <summary>The first wait of "come back with back-off" is drawn from up to 2 s instead of 250 ms.</summary>
    const int AttemptMinOfBackoff = 3;

    public static AfterClose Of(int code, string reason) => code switch
    {
        1008 => new(NextStep.FreshToken),
        4001 => Stop("kicked", "The server ended this connection for good."),
        4002 => Stop("bad_frame", "The server could not read what this client sent. Is it behind a proxy, or of another version?"),
        4003 => Stop("forbidden", "The token does not allow this."),
        4004 => Stop("unknown_kind", "The server has no such kind of room."),
        4005 => Stop("replaced", "Another connection goes on with this session. Make a new EdgeRoomsClient to start anew."),
        >= 4000 and < 4100 => Stop("kicked", $"The server closed this connection for good ({code} {reason})."),
        >= 4100 and < 4200 => new(NextStep.BackOff, AttemptMin: AttemptMinOfBackoff),
        >= 4200 and < 4300 => new(NextStep.Now), // 4202 too: every connect brings a fresh token
        _ => new(NextStep.BackOff),
    };

    static AfterClose Stop(string code, string message) => new(NextStep.Stop, code, message);
}
