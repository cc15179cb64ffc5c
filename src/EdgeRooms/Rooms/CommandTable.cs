using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;

namespace EdgeRooms.Rooms;

/// <summary>A room class's <see cref="CommandAttribute"/> methods, compiled to delegates. Immutable; errors in the class throw at registration.</summary>
sealed class CommandTable
{
    const int NameLengthMax = 128;

    readonly Dictionary<string, Entry> _entries = [];

    public CommandTable(Type roomType)
    {
        foreach (var method in roomType.GetMethods(
            BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        {
            if (method.GetCustomAttribute<CommandAttribute>() is not { } attribute)
            {
                continue;
            }

            string name = attribute.Name ?? JsonNamingPolicy.CamelCase.ConvertName(method.Name);
            if (name.Length is 0 or > NameLengthMax)
            {
                throw new ArgumentException($"{roomType.Name}.{method.Name}: a command's name has 1 to {NameLengthMax} characters; '{name}' has not.");
            }

            if (!_entries.TryAdd(name, Entry.Of(roomType, method)))
            {
                throw new ArgumentException(
                    $"{roomType.Name} has two commands '{name}' (an overload counts as one more). Give one of them [Command(\"another\")].");
            }
        }

        Names = _entries.Count == 0 ? "none" : string.Join(", ", _entries.Keys.Order());
    }

    /// <summary>The names, for the text of a refusal.</summary>
    public string Names { get; }

    /// <summary>
    /// Runs a command; what it returns is null for none. Throws <see cref="RejectedException"/> for data of the wrong shape. A name that is in
    /// no method goes to <see cref="Room.OnCommand"/>.
    /// </summary>
    public ValueTask<object?> Invoke(Room room, Member by, string name, ReadOnlyMemory<byte> data) =>
        _entries.TryGetValue(name, out var entry) ? entry.Call(room, by, entry.Read(name, data)) : room.OnCommand(by, name, data);

    sealed record Entry(Type? DataType, bool MayBeNull, Func<Room, Member, object?, ValueTask<object?>> Call)
    {
        public static Entry Of(Type roomType, MethodInfo method)
        {
            var parameters = method.GetParameters();
            RequireShape(roomType, method, parameters);
            var room = Expression.Parameter(typeof(Room));
            var by = Expression.Parameter(typeof(Member));
            var data = Expression.Parameter(typeof(object));
            var type = parameters.Length == 2 ? parameters[1].ParameterType : null;
            Expression[] arguments = type is null ? [by] : [by, Expression.Convert(data, type)];
            var call = Expression.Call(Expression.Convert(room, roomType), method, arguments);
            var body = Adapt(call, method.ReturnType);
            bool mayBeNull = type is not null && (Nullable.GetUnderlyingType(type) is not null
                || (!type.IsValueType && new NullabilityInfoContext().Create(parameters[1]).WriteState == NullabilityState.Nullable));
            return new Entry(type, mayBeNull,
                Expression.Lambda<Func<Room, Member, object?, ValueTask<object?>>>(body, room, by, data).Compile());
        }

        static void RequireShape(Type roomType, MethodInfo method, ParameterInfo[] parameters)
        {
            string where = $"{roomType.Name}.{method.Name}";
            if (method.IsStatic)
            {
                throw new ArgumentException($"{where}: a command is a method of the room's instance; leave 'static' out.");
            }

            if (method.IsGenericMethod || parameters.Length is < 1 or > 2 || parameters[0].ParameterType != typeof(Member))
            {
                throw new ArgumentException(
                    $"{where}: a command takes (Member by) or (Member by, TData data), nothing else; several values go into one record.");
            }

            if (method.ReturnType == typeof(void) && method.IsDefined(typeof(System.Runtime.CompilerServices.AsyncStateMachineAttribute)))
            {
                throw new ArgumentException(
                    $"{where} is async void: the room could not wait for it, and its events would come too late. Return Task or ValueTask.");
            }

            if (method.ReturnType.IsByRef || method.ReturnType.IsByRefLike || method.ReturnType.IsPointer)
            {
                throw new ArgumentException($"{where}: the ack's result is JSON; return a record, a number, a string, a list of these, or nothing.");
            }

            if (parameters.Length == 2)
            {
                JsonShape.Require(parameters[1].ParameterType, RoomKind.CommandJson, $"{where}({parameters[1].Name})");
            }
        }

        public object? Read(string name, ReadOnlyMemory<byte> data)
        {
            if (DataType is null)
            {
                return null;
            }

            try
            {
                var value = data.IsEmpty ? null : JsonSerializer.Deserialize(data.Span, DataType, RoomKind.CommandJson);
                return value is not null || MayBeNull ? value : throw new RejectedException($"The command '{name}' needs data.");
            }
            catch (JsonException e)
            {
                throw new RejectedException($"The data of '{name}' does not fit: {Reason(e)}", e);
            }
            catch (NotSupportedException e)
            {
                throw new RejectedException($"The data of '{name}' does not fit: {e.Message}", e);
            }
        }

        /// <summary>The reader's sentence without .NET's type names where there is a path to name instead.</summary>
        static string Reason(JsonException e) =>
            e.Message.Contains("missing required", StringComparison.Ordinal) ? "a required field is missing."
            : e.Path is { Length: > 1 } path ? $"look at {path}." : "it has the wrong shape.";

        static Expression Adapt(Expression call, Type returns)
        {
            if (returns == typeof(void))
            {
                return Expression.Block(call, Expression.Constant(new ValueTask<object?>((object?)null)));
            }

            if (returns == typeof(Task))
            {
                return Adapted(nameof(OfTask), [], call);
            }

            if (returns == typeof(ValueTask))
            {
                return Adapted(nameof(OfValueTask), [], call);
            }

            if (returns.IsGenericType && returns.GetGenericTypeDefinition() == typeof(Task<>))
            {
                return Adapted(nameof(OfTaskResult), returns.GetGenericArguments(), call);
            }

            if (returns.IsGenericType && returns.GetGenericTypeDefinition() == typeof(ValueTask<>))
            {
                return Adapted(nameof(OfValueTaskResult), returns.GetGenericArguments(), call);
            }

            return Adapted(nameof(OfValue), [], Expression.Convert(call, typeof(object)));
        }

        static MethodCallExpression Adapted(string adapter, Type[] of, Expression call) => Expression.Call(typeof(Entry), adapter, of, call);

        static ValueTask<object?> OfValue(object? value) => new(value);

        static async ValueTask<object?> OfTask(Task task)
        {
            await task;
            return null;
        }

        static async ValueTask<object?> OfValueTask(ValueTask task)
        {
            await task;
            return null;
        }

        static async ValueTask<object?> OfTaskResult<T>(Task<T> task) => await task;

        static async ValueTask<object?> OfValueTaskResult<T>(ValueTask<T> task) => await task;
    }
}
