using System.Text.Json;

namespace EdgeRooms.Client.Protocol;

/// <summary>
/// Any frame of the server: <see cref="Type"/> says which, and so which fields mean something (PROTOCOL.md, "Server to client"). Flat, so that fields come in
/// any order and unknown ones are passed over. A <see cref="JsonElement"/> that was not there is <see cref="JsonValueKind.Undefined"/>.
/// </summary>
sealed record ServerFrame
{
    public string Type { get; init; } = "";
    public long? Id { get; init; }
    public string? Room { get; init; }

    // event, ack, joined, ephemeral
    public string? Epoch { get; init; }
    public long Seq { get; init; }
    public string? Name { get; init; }
    public JsonElement Data { get; init; }
    public string? By { get; init; }
    public string? Member { get; init; }
    public long? Cmd { get; init; }
    public long At { get; init; }
    public bool Dup { get; init; }
    public bool Refused { get; init; }
    public bool Skipped { get; init; }
    public JsonElement Result { get; init; }
    public bool Recovered { get; init; }
    public JsonElement State { get; init; }

    // members
    public IReadOnlyList<RoomMember>? Members { get; init; }
    public bool All { get; init; }
    public IReadOnlyList<RoomMember>? Joined { get; init; }
    public IReadOnlyList<RoomMember>? Left { get; init; }
    public IReadOnlyList<RoomMember>? Updated { get; init; }

    // error, reset, goaway
    public string? Code { get; init; }
    public string? Message { get; init; }
    public bool Retry { get; init; }
    public long? RetryAfterMs { get; init; }
    public string? Reason { get; init; }
    public long MinDelayMs { get; init; }
    public long MaxDelayMs { get; init; }

    // page
    public IReadOnlyList<ServerFrame>? Events { get; init; }
    public bool More { get; init; }

    // welcome, authed
    public string? Session { get; init; }
    public string? Connection { get; init; }
    public string? User { get; init; }
    public string? Node { get; init; }
    public long? PingMs { get; init; }
    public int? MaxFrameBytes { get; init; }
    public double? CommandsPerSecond { get; init; }
    public double? CommandBurst { get; init; }
    public long? ExpiresAt { get; init; }

    public RoomEvent ToEvent() => new()
    {
        Seq = Seq,
        Name = Name ?? "",
        Data = Data,
        By = By,
        Member = Member,
        Cmd = Cmd,
        At = DateTimeOffset.FromUnixTimeMilliseconds(At),
    };

    public EdgeRoomsException ToException(string? room = null) =>
        new(Code ?? "internal", Message ?? "The server gave no reason.", room ?? Room, Retry);
}
