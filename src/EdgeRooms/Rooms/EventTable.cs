using System.Linq.Expressions;
using System.Reflection;
using System.Text;
using System.Text.Json;
using EdgeRooms.Events;
using EdgeRooms.Kinds;

namespace EdgeRooms.Rooms;

/// <summary>
/// A kind's events: names, <c>Apply</c> methods and upcasters, compiled once. A kind with a state knows its events by its <c>Apply</c>
/// methods; a kind without one takes any record and reads none of them back.
/// </summary>
sealed class EventTable
{
    readonly Dictionary<Type, Entry> _byType = [];
    readonly Dictionary<string, Entry> _byName = [];
    readonly Dictionary<string, EventUpcast> _upcasts = [];
    readonly bool _hasState;

    public EventTable(Type roomType, Type? stateType, RoomKindOptions options)
    {
        _hasState = stateType is not null;
        foreach (var type in new[] { typeof(MemberJoined), typeof(MemberLeft) })
        {
            Add(roomType, type, static (state, _, _) => state);
        }

        if (stateType is null)
        {
            Add(roomType, typeof(Posted), static (state, _, _) => state);
            RequireNoApply(roomType);
        }
        else
        {
            AddApplies(roomType, stateType);
        }

        foreach (var upcast in options.Upcasts)
        {
            AddUpcast(roomType, upcast);
        }
    }

    public delegate object? Fold(object? state, object roomEvent, EventInfo info);

    public IReadOnlyList<EventType> Types => [.. _byType.Values.Select(e => e.Type)];

    /// <summary>The entry of an event's type; throws <see cref="InvalidOperationException"/> that says what is missing.</summary>
    public Entry Of(object roomEvent)
    {
        var type = roomEvent.GetType();
        if (_byType.TryGetValue(type, out var entry))
        {
            return entry;
        }

        throw new InvalidOperationException(_hasState
            ? $"There is no 'public static TState Apply(TState state, {type.Name} e)' on the room: add it, so that a replay knows the event."
            : $"A room without state emits Posted only; {type.Name} needs a Room<TState> with an Apply.");
    }

    /// <summary>Applies a stored event to a state. Throws where the stream holds an event the kind does not know.</summary>
    public object? Replay(object? state, StoredEvent stored)
    {
        if (!_hasState)
        {
            return state;
        }

        var info = new EventInfo(stored.Version, stored.At, stored.Headers.User);
        if (_byName.TryGetValue(stored.TypeName, out var entry) && !_upcasts.ContainsKey(stored.TypeName))
        {
            return entry.Apply(state, Read(stored, entry.Type.ClrType), info);
        }

        if (_upcasts.TryGetValue(stored.TypeName, out var upcast))
        {
            return _byType[upcast.NewType].Apply(state, upcast.Convert(Read(stored, upcast.OldType)), info);
        }

        throw new InvalidOperationException(
            $"The stream holds an event '{stored.TypeName}' (seq {stored.Version}) that the kind has no Apply for. "
            + "Add it, or an upcaster by RoomKindOptions.UpcastEvent.");
    }

    /// <summary>An event's wire name and data: the stored ones, but for <see cref="Posted"/> (its content) and upcast events.</summary>
    public (string Name, ReadOnlyMemory<byte> Data) ToWire(StoredEvent stored)
    {
        if (stored.TypeName == PostedName)
        {
            return PostedBody.Split(stored.Body);
        }

        if (!_upcasts.TryGetValue(stored.TypeName, out var upcast))
        {
            return (stored.TypeName, stored.Body);
        }

        object converted = upcast.Convert(Read(stored, upcast.OldType));
        return (_byType[upcast.NewType].Type.Name, JsonSerializer.SerializeToUtf8Bytes(converted, converted.GetType(), RoomKind.StoredJson));
    }

    public static string NameOf(Type type)
    {
        if (type.GetCustomAttribute<EventNameAttribute>() is { } given)
        {
            return given.Name;
        }

        var name = new StringBuilder();
        foreach (char c in type.Name)
        {
            if (char.IsAsciiLetterUpper(c) && name.Length > 0)
            {
                name.Append('_');
            }

            name.Append(char.ToLowerInvariant(c));
        }

        return name.ToString();
    }

    const int NameLengthMax = 128;
    const string PostedName = "posted";

    static object Read(StoredEvent stored, Type type) =>
        JsonSerializer.Deserialize(stored.Body.Span, type, RoomKind.StoredJson)
            ?? throw new JsonException($"The event '{stored.TypeName}' (seq {stored.Version}) is null.");

    void AddApplies(Type roomType, Type stateType)
    {
        var applied = new HashSet<Type>();
        foreach (var method in Applies(roomType))
        {
            var parameters = method.GetParameters();
            bool fits = method is { IsPublic: true, IsStatic: true, IsGenericMethod: false }
                && parameters.Length is 2 or 3 && parameters[0].ParameterType == stateType && method.ReturnType == stateType
                && (parameters.Length == 2 || parameters[2].ParameterType == typeof(EventInfo));
            if (!fits)
            {
                throw new ArgumentException(
                    $"{roomType.Name}.{method}: an Apply is public static {stateType.Name} Apply({stateType.Name}, TEvent[, EventInfo]).");
            }

            var eventType = parameters[1].ParameterType;
            if (!applied.Add(eventType))
            {
                throw new ArgumentException($"{roomType.Name} has two Apply methods for {eventType.Name}; a replay could not tell which. Keep one.");
            }

            Add(roomType, eventType, Compile(method, parameters));
        }

        if (applied.Count == 0)
        {
            throw new ArgumentException(
                $"{roomType.Name} has a state but no 'public static {stateType.Name} Apply({stateType.Name} state, TEvent e)': "
                + "a state changes by events only, so write one for each event.");
        }
    }

    static IEnumerable<MethodInfo> Applies(Type roomType) => roomType
        .GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.FlattenHierarchy)
        .Where(m => m.Name == "Apply");

    static void RequireNoApply(Type roomType)
    {
        if (Applies(roomType).FirstOrDefault(m => m.IsStatic) is { } apply)
        {
            throw new ArgumentException(
                $"{roomType.Name} has an Apply but no state, so nothing would call it: derive it from Room<{apply.ReturnType.Name}>.");
        }
    }

    void AddUpcast(Type roomType, EventUpcast upcast)
    {
        if (!_byType.ContainsKey(upcast.NewType))
        {
            throw new ArgumentException(
                $"{roomType.Name}: the upcaster of '{upcast.StoredName}' makes {upcast.NewType.Name}, which has no Apply: "
                + "add one, or let the upcaster make an event that has.");
        }

        if (!_upcasts.TryAdd(upcast.StoredName, upcast))
        {
            throw new ArgumentException(
                $"{roomType.Name} has two upcasters of '{upcast.StoredName}'. One stored name has one: put both shapes into its old type.");
        }

        JsonShape.Require(upcast.OldType, RoomKind.StoredJson, $"{roomType.Name}, the upcaster of '{upcast.StoredName}'");
    }

    static void RequireEvent(Type roomType, Type eventType, string name)
    {
        string where = $"{roomType.Name}, the event {eventType.Name}";
        if (!eventType.IsClass || eventType == typeof(object) || eventType == typeof(string))
        {
            throw new ArgumentException($"{where}: an event is a record class of its own, so that its name says what happened.");
        }

        if (eventType.IsAbstract)
        {
            throw new ArgumentException($"{where} is abstract: an event is found by its exact type, so write an Apply for each record that is emitted.");
        }

        if (name.Length is 0 or > NameLengthMax || name.Any(c => char.IsControl(c) || c == '`'))
        {
            throw new ArgumentException($"{where}: '{name}' is no stored name. Give it one of 1 to {NameLengthMax} characters by [EventName(\"…\")].");
        }

        if (name == PostedName && eventType != typeof(Posted))
        {
            throw new ArgumentException($"{where}: the stored name '{PostedName}' is EdgeRooms' own (Kinds.Posted). Use [EventName(\"…\")].");
        }

        JsonShape.Require(eventType, RoomKind.StoredJson, where);
    }

    void Add(Type roomType, Type eventType, Fold apply)
    {
        string name = NameOf(eventType);
        RequireEvent(roomType, eventType, name);
        var entry = new Entry(new EventType(name, eventType), apply);
        _byType[eventType] = entry;
        if (_byName.TryGetValue(entry.Type.Name, out var other) && other.Type.ClrType != eventType)
        {
            throw new ArgumentException(
                $"{roomType.Name}: {other.Type.ClrType} and {eventType} both have the stored name '{entry.Type.Name}'. "
                + "Give one of them another by [EventName(\"…\")].");
        }

        _byName[entry.Type.Name] = entry;
    }

    static Fold Compile(MethodInfo method, ParameterInfo[] parameters)
    {
        var state = Expression.Parameter(typeof(object));
        var roomEvent = Expression.Parameter(typeof(object));
        var info = Expression.Parameter(typeof(EventInfo));
        Expression[] arguments =
        [
            Expression.Convert(state, parameters[0].ParameterType),
            Expression.Convert(roomEvent, parameters[1].ParameterType),
            .. parameters.Length == 3 ? [info] : Array.Empty<Expression>(),
        ];
        return Expression.Lambda<Fold>(Expression.Convert(Expression.Call(method, arguments), typeof(object)), state, roomEvent, info).Compile();
    }

    public sealed record Entry(EventType Type, Fold Apply);
}
