namespace EdgeRooms.Protocol;

/// <summary>The wire's error codes (PROTOCOL.md, closed list).</summary>
static class ErrorCode
{
    public const string BadFrame = "bad_frame";
    public const string UnknownType = "unknown_type";
    public const string TooLarge = "too_large";
    public const string InvalidRoom = "invalid_room";
    public const string Unauthenticated = "unauthenticated";
    public const string Forbidden = "forbidden";
    public const string UnknownKind = "unknown_kind";
    public const string NotJoined = "not_joined";
    public const string Rejected = "rejected";
    public const string RateLimited = "rate_limited";
    public const string OverLimit = "over_limit";
    public const string RoomFull = "room_full";
    public const string OutOfOrder = "out_of_order";
    public const string Overloaded = "overloaded";
    public const string Unavailable = "unavailable";
    public const string Gone = "gone";
    public const string Internal = "internal";
}

/// <summary>An error frame's content: a code, a sentence that says what to do, and whether the same command may be sent again.</summary>
sealed record RoomError(string Code, string Message, bool Retry = false, int? RetryAfterMs = null)
{
    /// <summary>Of a command without a number that may have taken effect or not (HARD-CASES 15).</summary>
    public static readonly RoomError OutcomeUnknown = new(ErrorCode.Unavailable,
        "Outcome unknown: the command may have happened or not. Give commands a cmd (HTTP: an Idempotency-Key) to send them again safely.");
}

/// <summary>The wire's close codes (PROTOCOL.md): 40xx stop, 41xx come back with back-off, 42xx come back now.</summary>
static class CloseCode
{
    public const int Normal = 1000;
    public const int Policy = 1008;
    public const int TooBig = 1009;
    public const int Restart = 1012;
    public const int Kicked = 4001;
    public const int Protocol = 4002;
    public const int Forbidden = 4003;
    public const int UnknownKind = 4004;
    public const int Replaced = 4005;
    public const int OverCapacity = 4100;
    public const int RateAbuse = 4101;
    public const int NotReading = 4108;
    public const int Moved = 4200;
    public const int NoPong = 4201;
    public const int TokenExpired = 4202;
    public const int Internal = 4500;
}
