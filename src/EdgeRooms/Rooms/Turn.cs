using EdgeRooms.Cluster;
using EdgeRooms.Events;

namespace EdgeRooms.Rooms;

/// <summary>
/// One message handled: what it emitted and what it would say, held until it is committed. Owned by the room's loop.
/// </summary>
sealed class Turn(DateTimeOffset at, object? stateBefore, long seqBefore)
{
    public const int EventsMax = 64;

    List<EmittedEvent>? _events;
    List<HeldOutput>? _outputs;
    List<Func<CancellationToken, Task<object>>>? _outside;

    public DateTimeOffset At { get; } = at;

    public object? StateBefore { get; } = stateBefore;

    public long SeqBefore { get; } = seqBefore;

    /// <summary>What the turn handles and will answer: it is run again where the turn came to nothing. Null for the room's own turns.</summary>
    public RoomRequest? Request { get; init; }

    /// <summary>The outside work's result that the turn handles.</summary>
    public object? Message { get; init; }

    /// <summary>The alarm that fired.</summary>
    public string? Alarm { get; init; }

    /// <summary>The seat that the turn took away.</summary>
    public Seat? Left { get; set; }

    /// <summary>Who the events are by: the member of a command or join; null for the room's own.</summary>
    public Member? By { get; set; }

    /// <summary>The session behind a command or join; its number goes into the headers.</summary>
    public string? Session { get; set; }

    public long? Cmd { get; set; }

    public IReadOnlyList<EmittedEvent> Events => (IReadOnlyList<EmittedEvent>?)_events ?? [];

    /// <summary>Alarm rows to write and delete; known when the turn ends.</summary>
    public IReadOnlyList<AlarmChange> Alarms { get; set; } = [];

    public IReadOnlyList<HeldOutput> Outputs => (IReadOnlyList<HeldOutput>?)_outputs ?? [];

    public IReadOnlyList<Func<CancellationToken, Task<object>>> Outside => (IReadOnlyList<Func<CancellationToken, Task<object>>>?)_outside ?? [];

    public bool HasEffect => _events is not null || Alarms.Count > 0;

    /// <summary>What goes to the log; null where the turn has no effect.</summary>
    public AppendGroup? Group { get; set; }

    /// <summary>The encoded frames of the events, in order.</summary>
    public ReadOnlyMemory<byte>[] Frames { get; set; } = [];

    public int Bytes { get; private set; }

    public void Add(EmittedEvent emitted)
    {
        (_events ??= new(1)).Add(emitted);
        Bytes += emitted.Body.Length + 256;
    }

    public void Add(HeldOutput output)
    {
        (_outputs ??= new(1)).Add(output);
        Bytes += output.Bytes;
    }

    public void Add(Func<CancellationToken, Task<object>> outside) => (_outside ??= []).Add(outside);

    /// <summary>Forgets all that the handler did; its state is put back by the caller.</summary>
    public void Undo()
    {
        _events = null;
        Alarms = [];
        _outputs = null;
        _outside = null;
        Bytes = 0;
    }
}

/// <summary>An emitted event: its stored body, and its name and data on the wire.</summary>
readonly record struct EmittedEvent(EventType Type, ReadOnlyMemory<byte> Body, string WireName, ReadOnlyMemory<byte> WireData);

/// <summary>Something a turn says, held behind the output gate.</summary>
abstract record HeldOutput
{
    public virtual int Bytes => 128;
}

/// <summary>An answer to a request.</summary>
sealed record HeldReply(RoomRequest Request, RoomReply Reply) : HeldOutput;

/// <summary>A join's answer: its replay is taken from the tail when the gate opens, so that it ends exactly before the events that follow.</summary>
sealed record HeldJoin(JoinRequest Request, JoinedReply Reply) : HeldOutput
{
    public override int Bytes => 256 + Reply.State.Length + Reply.Members.Length;
}

/// <summary>An ephemeral frame of a handler.</summary>
sealed record HeldEphemeral(ReadOnlyMemory<byte> Frame, Seat? Only, string? Except) : HeldOutput
{
    public override int Bytes => 64 + Frame.Length;
}

/// <summary>A change of the members.</summary>
sealed record HeldMembers(MemberChange Change) : HeldOutput;

/// <summary>The session's older connection, on another router, is to close.</summary>
sealed record HeldReplaced(IRouterLink Router, string Session, ConnectionStamp By) : HeldOutput;
