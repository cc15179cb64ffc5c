namespace EdgeRooms;

/// <summary>
/// Settings of a process, bound from the section <c>EdgeRooms</c>. Wrong ones are told all at once before a port opens.
/// </summary>
public sealed class EdgeRoomsOptions
{
    /// <summary>
    /// Unique among live processes, 1 to 128 characters without spaces; a taken one ends the start with exit 78.
    /// Default: host, role and link port.
    /// </summary>
    public string? NodeName { get; set; }

    /// <summary>What a client may do: <c>EdgeRooms__Limits__*</c>.</summary>
    public LimitOptions Limits { get; set; } = new();

    /// <summary>What a room and a writer may hold and wait for: <c>EdgeRooms__Engine__*</c>.</summary>
    public EngineOptions Engine { get; set; } = new();

    /// <summary>
    /// Kinds by configuration, by name: <c>EdgeRooms__Rooms__KIND__Use</c> = <c>relay</c> or <c>doc</c>. Default: none
    /// (the server's own settings have <c>chat</c> and more).
    /// </summary>
    public Dictionary<string, ConfiguredKind> Rooms { get; set; } = [];
}

/// <summary>A kind that needs no C#.</summary>
public sealed class ConfiguredKind
{
    /// <summary><c>relay</c> or <c>doc</c>.</summary>
    public string Use { get; set; } = "";

    /// <summary>Events between snapshots, 10 to 100,000. Default 1,000.</summary>
    public int? SnapshotEvery { get; set; }

    /// <summary>Seconds without a message after which the room leaves memory, 1 to 86,400. Default 60.</summary>
    public int? IdleSeconds { get; set; }

    /// <summary>Members at a time, 1 to 100,000; one more gets <c>room_full</c>. Default 10,000.</summary>
    public int? MaxMembers { get; set; }

    /// <summary>
    /// Events kept for replay, at least 1,000; older ones are deleted after a snapshot. Default: all.
    /// </summary>
    public long? RetainEvents { get; set; }
}

/// <summary>What a client may do before it is refused, with the code in parentheses.</summary>
public sealed class LimitOptions
{
    /// <summary>
    /// Commands a second and user, 1 to 10,000,000 (<c>rate_limited</c>; the connection stays). Default 100.
    /// </summary>
    public int CommandsPerSecond { get; set; } = 100;

    /// <summary>Commands at once above the rate, 1 to 10,000,000 (<c>rate_limited</c>). Default 200.</summary>
    public int CommandBurst { get; set; } = 200;

    /// <summary>
    /// Bytes of a whole client message or HTTP body, 1 KiB to 16 MiB (<c>too_large</c> and close 1009). Default 64 KiB.
    /// </summary>
    public int FrameBytes { get; set; } = 64 * 1024;

    /// <summary>Rooms on one connection, 1 to 10,000 (<c>over_limit</c>). Default 100.</summary>
    public int RoomsPerConnection { get; set; } = 100;

    /// <summary>
    /// Connections of a user in this process, 1 to 1,000,000 (<c>over_limit</c>, close 4100). Default 100.
    /// </summary>
    public int ConnectionsPerUser { get; set; } = 100;

    /// <summary>
    /// Rooms a user may bring into being, by their first event, in an hour; 0 and more (<c>over_limit</c>). Default
    /// 1,000.
    /// </summary>
    public int NewRoomsPerUserPerHour { get; set; } = 1000;

    /// <summary>Seconds until a connection without a token is closed with 1008, 1 to 60. Default 5.</summary>
    public int AuthenticationSeconds { get; set; } = 5;

    /// <summary>Malformed frames in a row that close with 4002, 1 to 1,000. Default 10.</summary>
    public int BadFramesInARow { get; set; } = 10;

    /// <summary>Seconds between the server's pings, 1 to 3,600. Default 25.</summary>
    public double PingSeconds { get; set; } = 25;

    /// <summary>Seconds without a sign of life after a ping that close with 4201, 0.1 to 600. Default 10.</summary>
    public double PongSeconds { get; set; } = 10;

    /// <summary>Seconds a socket may not drain before it is closed with 4108, 1 to 600. Default 30.</summary>
    public double DrainSeconds { get; set; } = 30;

    /// <summary>
    /// Bytes queued for a socket before its events are dropped and later read from the log, 16 KiB to 64 MiB. Default 1
    /// MiB.
    /// </summary>
    public int OutboundBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// Bytes of unanswered commands of a connection before its socket is not read, 64 KiB to 64 MiB. Default 1 MiB.
    /// </summary>
    public int UnansweredBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// Unanswered numbers of a session in a room, 1 to 256 (<c>overloaded</c>, <c>retry:true</c>). Default 256.
    /// </summary>
    public int UnansweredCommands { get; set; } = 256;

    /// <summary>
    /// Events a resume may be behind, 100 to 10,000,000; more gets <c>recovered:false</c> or <c>reset</c> with the
    /// state. Default 50,000.
    /// </summary>
    public int ResumeEvents { get; set; } = 50_000;
}

/// <summary>Bounds inside a node.</summary>
public sealed class EngineOptions
{
    /// <summary>Time a request may wait for Postgres before <c>unavailable</c>, 0.1 s to 60 s. Default 5 s.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Time a handler may take, awaits included, before its turn is dropped (<c>internal</c>) and the room's instance
    /// replaced, 10 ms to 5 min. Default 5 s.
    /// </summary>
    public TimeSpan HandlerTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Time a member whose socket broke stays a member, 0 to 10 min. Default 10 s.</summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Messages waiting in a room's inbox, 16 to 65,536; more are <c>overloaded</c>, <c>retry:true</c>. Default 4,096.
    /// </summary>
    public int InboxLength { get; set; } = 4096;

    /// <summary>
    /// Turns whose output a room holds behind the gate before its loop waits, 1 to 4,096. Default 256.
    /// </summary>
    public int HeldTurns { get; set; } = 256;

    /// <summary>Bytes of held output before a room's loop waits, 64 KiB to 64 MiB. Default 1 MiB.</summary>
    public int HeldBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// Events of each room kept encoded in memory, so that a resume asks Postgres nothing, 0 to 65,536; older ones are
    /// read from the log. Default 512.
    /// </summary>
    public int TailEvents { get; set; } = 512;

    /// <summary>Bytes of a room's encoded tail, 0 to 64 MiB; the oldest events go first. Default 256 KiB.</summary>
    public int TailBytes { get; set; } = 256 * 1024;

    /// <summary>
    /// Bytes of all rooms' encoded tails together, 1 MiB to 1 TiB, once for a process's own rooms and once for those that its clients follow; with many rooms
    /// each keeps its equal part. Default 256 MiB.
    /// </summary>
    public long AllTailBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>
    /// Writer lanes to the database, 1 to 8: one has the best latency, two more throughput above 10,000 events a
    /// second. Default 1.
    /// </summary>
    public int WriterLanes { get; set; } = 1;

    /// <summary>Rooms in one append, 1 to 1,024; the others wait for the next. Default 256.</summary>
    public int BatchRooms { get; set; } = 256;

    /// <summary>Bytes in one append, 64 KiB to 16 MiB; what is over waits for the next. Default 1 MiB.</summary>
    public int BatchBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// Groups (one room's turns since its last append) waiting for a writer, 256 to 1,048,576; then room loops wait.
    /// Default 65,536.
    /// </summary>
    public int WriterQueue { get; set; } = 65_536;

    /// <summary>
    /// Bytes waiting on a link to another process, 64 KiB to 256 MiB; then rooms' output to it is dropped and read again
    /// from the log. Default 8 MiB.
    /// </summary>
    public int LinkBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// Sessions a room remembers, 16 to 16,384; the oldest by issue time go (<c>gone</c>). Default 16,384.
    /// </summary>
    public int SessionsPerRoom { get; set; } = 16_384;

    /// <summary>
    /// Idempotency keys a room remembers, 16 to 65,536; full of ones younger than a day, a new one is
    /// <c>over_limit</c>. Default 16,384.
    /// </summary>
    public int KeysPerRoom { get; set; } = 16_384;
}
