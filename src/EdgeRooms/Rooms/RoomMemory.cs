using System.Text.Json;
using EdgeRooms.Cluster;
using EdgeRooms.Diagnostics;
using EdgeRooms.Events;
using EdgeRooms.Kinds;
using EdgeRooms.Protocol;
using Microsoft.Extensions.Logging;

namespace EdgeRooms.Rooms;

/// <summary>
/// One activation of a room: its state, members, ledgers and held output. Made by <see cref="RoomLoader"/>, owned and called by the room's
/// loop alone; dropped whole when an append loses or is in doubt. Bounded by the options of its kind and of the engine. A handler that
/// throws loses its own turn only; the state before it is kept.
/// </summary>
sealed partial class RoomMemory : RoomContext
{
    readonly RoomServices _services;
    readonly FrameWriter _frame = new();
    Room _room;
    Turn? _turn;
    object? _viewOf;
    ReadOnlyMemory<byte> _viewJson;
    DateTimeOffset _lastAt;

    public RoomMemory(RoomKind kind, Activation activation, long claim, RoomServices services)
    {
        Kind = kind;
        Activation = activation;
        Claim = claim;
        _services = services;
        Sessions = new SessionLedger(services.Engine.SessionsPerRoom);
        Keys = new KeyLedger(services.Engine.KeysPerRoom);
        Tail = new EventTail(services.Tails);
        Gate = new OutputGate(services.Engine.HeldTurns, services.Engine.HeldBytes);
        _room = NewRoom();
    }

    public RoomKind Kind { get; }

    public Activation Activation { get; }

    public long Claim { get; }

    public SessionLedger Sessions { get; }

    public KeyLedger Keys { get; }

    public MemberTable Seats { get; } = new();

    public AlarmTable AlarmTable { get; } = new();

    public EventTail Tail { get; }

    public OutputGate Gate { get; }

    /// <summary>Members that the stream knows, by session; only for kinds that record them.</summary>
    public Dictionary<string, MemberJoined> Recorded { get; } = [];

    /// <summary>The lowest seq that can still be read.</summary>
    public long FirstSeq { get; set; } = 1;

    /// <summary>The seq of the last event, uncommitted ones included.</summary>
    public long Version { get; set; }

    /// <summary>The version of the last stored snapshot.</summary>
    public long SnapshotVersion { get; set; }

    public object? State
    {
        get => _room.StateObject;
        set => _room.StateObject = value;
    }

    public override RoomId Id => Activation.Room;

    public override IReadOnlyCollection<Member> Members => Seats.Members;

    public override long Seq => Version;

    public override DateTimeOffset Now => _turn?.At ?? UtcNow();

    public override TimeProvider Clock => _services.Clock;

    public override Random Random => Random.Shared;

    public override string CommandNames => Kind.Commands.Names;

    public override IReadOnlyCollection<string> AlarmNames => AlarmTable.Names;

    /// <summary>Runs before any message; throws what the author's <see cref="Room.OnWake"/> throws.</summary>
    public ValueTask WakeAsync() => _room.OnWake();

    public override void Emit(object roomEvent)
    {
        ArgumentNullException.ThrowIfNull(roomEvent);
        var turn = _turn ?? throw new InvalidOperationException(
            "Emit works inside a turn only: in a command, OnJoined, OnLeft, OnAlarm or OnMessage.");
        if (turn.Events.Count == Turn.EventsMax)
        {
            throw new InvalidOperationException($"A turn emits at most {Turn.EventsMax} events: put more into one event, or several turns.");
        }

        var entry = Kind.Events.Of(roomEvent);
        var state = entry.Apply(State, roomEvent, new EventInfo(Version + 1, turn.At, turn.By?.User));
        if (state is null && Kind.StateType is not null)
        {
            throw new InvalidOperationException($"Apply for {roomEvent.GetType().Name} returned null; it must return the new state.");
        }

        turn.Add(Encode(entry.Type, roomEvent));
        Version++;
        State = state;
    }

    public override void Send(Member to, string name, object? data)
    {
        ArgumentNullException.ThrowIfNull(to);
        if (Seats.FindMember(to.Id) is { } seat)
        {
            OpenTurn().Add(new HeldEphemeral(EphemeralFrame(name, data), seat, null));
        }
    }

    public override void Broadcast(string name, object? data, Member? but) =>
        OpenTurn().Add(new HeldEphemeral(EphemeralFrame(name, data), null, but is null ? null : Seats.FindMember(but.Id)?.Session));

    public override void RunOutside(Func<CancellationToken, Task<object>> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        OpenTurn().Add(work);
    }

    public override void SetAlarm(string name, DateTimeOffset at)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > 64 || name[0] == '~')
        {
            throw new ArgumentException("An alarm's name has 1 to 64 characters and does not start with ~.", nameof(name));
        }

        OpenTurn();
        AlarmTable.Set(name, at);
    }

    public override bool CancelAlarm(string name)
    {
        OpenTurn();
        return AlarmTable.Has(name) && AlarmTable.Remove(name);
    }

    /// <summary>The state's JSON as a member sees it; empty where the kind shows none.</summary>
    public ReadOnlyMemory<byte> ViewOf(Member member)
    {
        if (!Kind.ViewsState)
        {
            return default;
        }

        object? view = _room.View(member);
        if (view is null)
        {
            return default;
        }

        if (!ReferenceEquals(view, _viewOf))
        {
            _viewJson = JsonSerializer.SerializeToUtf8Bytes(view, view.GetType(), RoomKind.StoredJson);
            _viewOf = view;
        }

        return _viewJson;
    }

    public ReadOnlyMemory<byte> MemberListJson() => ServerFrame.MemberList(_frame, Seats.Infos);

    /// <summary>The frame of a stored event, for the tail of a loaded room.</summary>
    public ReadOnlyMemory<byte> FrameOf(StoredEvent stored) => Kind.FrameOf(_frame, Id, stored);

    /// <summary>Now, in whole milliseconds as the wire and the stream keep them, and never before the room's last event.</summary>
    DateTimeOffset UtcNow()
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(Clock.GetUtcNow().ToUnixTimeMilliseconds());
        return now > _lastAt ? now : _lastAt;
    }

    /// <summary>The time of the newest event known: turns do not go back behind it when a clock does.</summary>
    public void SawEventAt(DateTimeOffset at) => _lastAt = at > _lastAt ? at : _lastAt;

    Room NewRoom()
    {
        var room = Kind.Make();
        room.Attach(this);
        return room;
    }

    Turn OpenTurn() => _turn ?? throw new InvalidOperationException(
        "This works inside a turn only: in a command, OnJoined, OnLeft, OnAlarm or OnMessage.");

    ReadOnlyMemory<byte> EphemeralFrame(string name, object? data)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var json = data is null ? default : JsonSerializer.SerializeToUtf8Bytes(data, data.GetType(), RoomKind.StoredJson);
        return ServerFrame.Ephemeral(_frame, Id, name, json, null, null);
    }

    EmittedEvent Encode(EventType type, object roomEvent)
    {
        if (roomEvent is Posted posted)
        {
            return new EmittedEvent(type, PostedBody.Write(_frame, posted), posted.Name, posted.Data.Utf8);
        }

        byte[] body = JsonSerializer.SerializeToUtf8Bytes(roomEvent, type.ClrType, RoomKind.StoredJson);
        return new EmittedEvent(type, body, type.Name, body);
    }
}
