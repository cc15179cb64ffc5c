using System.Text.Json;
using System.Text.Json.Serialization;

using EdgeRooms.Events;

namespace EdgeRooms.Rooms;

/// <summary>
/// A registered kind: its class's commands and events, compiled once. Immutable after registration, read by every room's loop.
/// </summary>
sealed class RoomKind
{
    /// <summary>Commands are strict: a missing or null field is refused rather than defaulted.</summary>
    internal static readonly JsonSerializerOptions CommandJson = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 128,
    };

    /// <summary>Events and states are lenient: an older one lacks what was added since.</summary>
    internal static readonly JsonSerializerOptions StoredJson = new(JsonSerializerDefaults.Web)
    {
        AllowOutOfOrderMetadataProperties = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        MaxDepth = 256,
    };

    readonly CommandTable _commands;
    readonly EventTable _events;

    RoomKind(string name, Type roomType, Func<Room> make, RoomKindOptions options)
    {
        Name = name;
        Make = make;
        Options = options;
        StateType = StateTypeOf(roomType);
        if (StateType is not null)
        {
            RequireState(roomType, StateType);
        }

        _commands = new CommandTable(roomType);
        _events = new EventTable(roomType, StateType, options);
        RecordsMembers = options.RecordMembers
            ?? roomType.GetMethod(nameof(Room.OnLeft), Flags)!.DeclaringType != typeof(Room);
        ViewsState = StateType is not null || OverridesView(roomType);
        ViewIsState = !OverridesView(roomType);
    }

    public string Name { get; }

    public Func<Room> Make { get; }

    public RoomKindOptions Options { get; }

    /// <summary>Null for a room without state.</summary>
    public Type? StateType { get; }

    public bool RecordsMembers { get; }

    /// <summary>Whether clients may get a state at all.</summary>
    public bool ViewsState { get; }

    /// <summary>Whether every member sees the same, whole state: then its JSON is made once a version.</summary>
    public bool ViewIsState { get; }

    public CommandTable Commands => _commands;

    public EventTable Events => _events;

    /// <summary>The event types to register with the store.</summary>
    public IReadOnlyList<EventType> EventTypes => _events.Types;

    const System.Reflection.BindingFlags Flags =
        System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Public;

    public static RoomKind Of<TRoom>(string kind, RoomKindOptions options)
        where TRoom : Room, new()
    {
        if (!RoomId.IsKind(kind))
        {
            throw new ArgumentException($"'{kind}' is no kind's name: use a-z, 0-9 and -, a letter first, 32 characters at most.");
        }

        Require(options.StateVersion >= 1, kind, "StateVersion", "1 or more", options.StateVersion);
        Require(options.SnapshotEvery is >= 10 and <= 100_000, kind, "SnapshotEvery", "10 to 100,000 events", options.SnapshotEvery);
        Require(
            options.IdleTimeout >= TimeSpan.FromSeconds(1) && options.IdleTimeout <= TimeSpan.FromDays(1),
            kind, "IdleTimeout", "1 s to 1 day", options.IdleTimeout);
        Require(options.MaxMembers is >= 1 and <= 100_000, kind, "MaxMembers", "1 to 100,000", options.MaxMembers);
        Require(options.RetainEvents is null or >= 1000, kind, "RetainEvents", "at least 1,000 events, or null for all", options.RetainEvents);
        return new RoomKind(kind, typeof(TRoom), static () => new TRoom(), options);
    }

    /// <summary>An <c>event</c> frame of a stored event.</summary>
    public ReadOnlyMemory<byte> FrameOf(Protocol.FrameWriter to, RoomId room, StoredEvent stored)
    {
        var (name, data) = _events.ToWire(stored);
        var headers = stored.Headers;
        return Protocol.ServerFrame.Event(to, room, stored.Version, name, data.Span, headers.User, headers.Member, headers.Cmd, stored.At);
    }

    static void Require(bool holds, string kind, string setting, string range, object? value)
    {
        if (!holds)
        {
            throw new ArgumentException($"The kind '{kind}': {setting} is {value}; it must be {range}.");
        }
    }

    static void RequireState(Type roomType, Type stateType)
    {
        var declares = roomType.GetMethods(Flags).First(m => m.Name == "get_Initial").DeclaringType!; // none but Room<TState>'s class has none
        bool hasInitial = !declares.IsGenericType || declares.GetGenericTypeDefinition() != typeof(Room<>);
        if (!hasInitial && (stateType.IsAbstract || stateType.GetConstructor(Type.EmptyTypes) is null))
        {
            throw new ArgumentException(
                $"{roomType.Name}: {stateType.Name} has no parameterless constructor for a room without events. "
                + $"Write 'protected override {stateType.Name} Initial => …;'.");
        }

        JsonShape.Require(stateType, StoredJson, $"{roomType.Name}, the state {stateType.Name}");
    }

    static Type? StateTypeOf(Type roomType)
    {
        for (var type = roomType.BaseType; type is not null && type != typeof(Room); type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Room<>))
            {
                return type.GetGenericArguments()[0];
            }
        }

        return null;
    }

    static bool OverridesView(Type roomType) => roomType.GetMethod(nameof(Room.View), Flags)!.DeclaringType != typeof(Room);
}

/// <summary>The kinds of this process, by name.</summary>
sealed class KindRegistry
{
    readonly Dictionary<string, RoomKind> _kinds = [];

    public KindRegistry(IEnumerable<RoomKind> kinds)
    {
        var owners = new Dictionary<string, (Type Type, string Kind)>();
        foreach (var kind in kinds)
        {
            if (!_kinds.TryAdd(kind.Name, kind))
            {
                throw new ArgumentException(
                    $"The kind '{kind.Name}' is registered twice. A kind is one class: give one of them another name.");
            }

            foreach (var type in kind.EventTypes)
            {
                if (!owners.TryAdd(type.Name, (type.ClrType, kind.Name)) && owners[type.Name].Type != type.ClrType)
                {
                    throw new ArgumentException(
                        $"The kinds '{owners[type.Name].Kind}' and '{kind.Name}' both have an event '{type.Name}' of different types. "
                        + "Give one of them another stored name by [EventName(\"…\")].");
                }
            }
        }
    }

    public RoomKind? Find(string name) => _kinds.GetValueOrDefault(name);

    public IEnumerable<RoomKind> All => _kinds.Values;
}
