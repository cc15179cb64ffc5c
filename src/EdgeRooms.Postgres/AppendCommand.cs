using System.Collections.Concurrent;
using EdgeRooms.Events;
using Npgsql;
using NpgsqlTypes;

namespace EdgeRooms.Postgres;

/// <summary>
/// The one prepared statement of a writer, <c>rooms_append_v1</c>, and the columns of a batch as arrays. The lists are filled anew
/// for each batch and keep their memory. Owned by one writer.
/// </summary>
sealed class AppendCommand : IAsyncDisposable
{
    static readonly ConcurrentDictionary<Type, string> DotNetTypes = [];

    readonly NpgsqlCommand _command;
    readonly List<System.Collections.IList> _columns = [];

    readonly List<string> _streams;
    readonly List<long> _expected;
    readonly List<int> _counts;

    readonly List<int> _ords;
    readonly List<long> _versions;
    readonly List<Guid> _ids;
    readonly List<string> _types;
    readonly List<string> _dotNetTypes;
    readonly List<ReadOnlyMemory<byte>> _bodies;
    readonly List<ReadOnlyMemory<byte>> _headers;
    readonly List<DateTime> _times;

    readonly List<int> _goneOrds;
    readonly List<string> _goneRooms;
    readonly List<string> _goneNames;
    readonly List<Guid> _goneIds;

    readonly List<int> _alarmOrds;
    readonly List<string> _alarmRooms;
    readonly List<string> _alarmNames;
    readonly List<Guid> _alarmIds;
    readonly List<DateTime> _alarmDues;

    readonly List<int> _markOrds;
    readonly List<string> _markRooms;
    readonly List<long> _markEpochs;
    readonly List<string> _markSessions;
    readonly List<long> _markCmds;
    readonly List<string> _markEffects;
    readonly List<long> _markSeqs;

    readonly Dictionary<string, AlarmChange> _set = [];
    readonly Dictionary<string, CommandMark> _marks = [];

    AppendCommand(NpgsqlConnection connection, string node, int lane, long number)
    {
        _command = new NpgsqlCommand { Connection = connection, CommandTimeout = 0 };
        _command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = node });
        _command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = lane });
        _command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = number });
        _streams = Column<string>(NpgsqlDbType.Varchar);
        _expected = Column<long>(NpgsqlDbType.Bigint);
        _counts = Column<int>(NpgsqlDbType.Integer);
        _ords = Column<int>(NpgsqlDbType.Integer);
        _versions = Column<long>(NpgsqlDbType.Bigint);
        _ids = Column<Guid>(NpgsqlDbType.Uuid);
        _types = Column<string>(NpgsqlDbType.Varchar);
        _dotNetTypes = Column<string>(NpgsqlDbType.Varchar);
        _bodies = Column<ReadOnlyMemory<byte>>(NpgsqlDbType.Jsonb);
        _headers = Column<ReadOnlyMemory<byte>>(NpgsqlDbType.Jsonb);
        _times = Column<DateTime>(NpgsqlDbType.TimestampTz);
        _goneOrds = Column<int>(NpgsqlDbType.Integer);
        _goneRooms = Column<string>(NpgsqlDbType.Text);
        _goneNames = Column<string>(NpgsqlDbType.Text);
        _goneIds = Column<Guid>(NpgsqlDbType.Uuid);
        _alarmOrds = Column<int>(NpgsqlDbType.Integer);
        _alarmRooms = Column<string>(NpgsqlDbType.Text);
        _alarmNames = Column<string>(NpgsqlDbType.Text);
        _alarmIds = Column<Guid>(NpgsqlDbType.Uuid);
        _alarmDues = Column<DateTime>(NpgsqlDbType.TimestampTz);
        _markOrds = Column<int>(NpgsqlDbType.Integer);
        _markRooms = Column<string>(NpgsqlDbType.Text);
        _markEpochs = Column<long>(NpgsqlDbType.Bigint);
        _markSessions = Column<string>(NpgsqlDbType.Text);
        _markCmds = Column<long>(NpgsqlDbType.Bigint);
        _markEffects = Column<string>(NpgsqlDbType.Text);
        _markSeqs = Column<long>(NpgsqlDbType.Bigint);
        _command.CommandText = $"select ord, actual from edgerooms.rooms_append_v1({string.Join(", ",
            Enumerable.Range(1, _command.Parameters.Count).Select(i => $"${i}"))})";
    }

    public static async Task<AppendCommand> PrepareAsync(
        NpgsqlConnection connection, string node, int lane, long number, CancellationToken cancellation)
    {
        var command = new AppendCommand(connection, node, lane, number);
        await command._command.PrepareAsync(cancellation);
        return command;
    }

    public void Fill(IReadOnlyList<RoomAppend> batch)
    {
        foreach (var column in _columns)
        {
            column.Clear();
        }

        for (int i = 0; i < batch.Count; i++)
        {
            Add(batch[i], i + 1);
        }
    }

    /// <summary>The losers; takes no cancellation.</summary>
    public async Task<IReadOnlyList<AppendConflict>> ExecuteAsync()
    {
        await using var reader = await _command.ExecuteReaderAsync(CancellationToken.None);
        if (!await reader.ReadAsync(CancellationToken.None))
        {
            return [];
        }

        var losers = new List<AppendConflict>();
        do
        {
            int ord = reader.GetInt32(0);
            if (ord == 0)
            {
                throw new NodeFencedException("This node's fence was raised, or the lane has a newer writer.");
            }

            losers.Add(new AppendConflict(ord - 1, reader.GetInt64(1)));
        }
        while (await reader.ReadAsync(CancellationToken.None));
        return losers;
    }

    public ValueTask DisposeAsync() => _command.DisposeAsync();

    List<T> Column<T>(NpgsqlDbType type)
    {
        var column = new List<T>();
        _columns.Add(column);
        _command.Parameters.Add(new NpgsqlParameter<List<T>> { TypedValue = column, NpgsqlDbType = NpgsqlDbType.Array | type });
        return column;
    }

    void Add(RoomAppend append, int ord)
    {
        _streams.Add(append.Activation.Stream);
        _expected.Add(append.ExpectedVersion);
        _counts.Add(append.EventCount);
        long version = append.ExpectedVersion;
        foreach (var group in append.Groups)
        {
            for (int i = 0; i < group.Events.Count; i++) // once a command: no enumerator
            {
                var e = group.Events[i];
                _ords.Add(ord);
                _versions.Add(++version);
                _ids.Add(e.Id);
                _types.Add(e.Type.Name);
                _dotNetTypes.Add(DotNetTypeOf(e.Type.ClrType));
                _bodies.Add(e.Body);
                _headers.Add(e.Headers);
                _times.Add(e.At.UtcDateTime);
            }

            AddAlarms(append, ord, group);
            if (group.Mark is { } mark)
            {
                _marks[mark.Session] = mark;
            }
        }

        FlushAlarms(append, ord);
        FlushMarks(append, ord);
    }

    /// <summary>Turns of one room in one batch may set and take back the same alarm: deletes by id go first, then the last setting.</summary>
    void AddAlarms(RoomAppend append, int ord, AppendGroup group)
    {
        foreach (var change in group.Alarms)
        {
            if (change.Due is not null)
            {
                _set[change.Name] = change;
                continue;
            }

            _goneOrds.Add(ord);
            _goneRooms.Add(append.Activation.Room.ToString());
            _goneNames.Add(change.Name);
            _goneIds.Add(change.Id);
            if (_set.TryGetValue(change.Name, out var set) && set.Id == change.Id)
            {
                _set.Remove(change.Name);
            }
        }
    }

    void FlushAlarms(RoomAppend append, int ord)
    {
        foreach (var (name, change) in _set)
        {
            _alarmOrds.Add(ord);
            _alarmRooms.Add(append.Activation.Room.ToString());
            _alarmNames.Add(name);
            _alarmIds.Add(change.Id);
            _alarmDues.Add(change.Due!.Value.UtcDateTime); // only settings come here
        }

        _set.Clear();
    }

    void FlushMarks(RoomAppend append, int ord)
    {
        foreach (var mark in _marks.Values)
        {
            _markOrds.Add(ord);
            _markRooms.Add(append.Activation.Room.ToString());
            _markEpochs.Add(append.Activation.Epoch);
            _markSessions.Add(mark.Session);
            _markCmds.Add(mark.Cmd);
            _markEffects.Add(mark.Effects.ToString());
            _markSeqs.Add(mark.Seq);
        }

        _marks.Clear();
    }

    /// <summary>As Marten writes it: type and assembly without versions.</summary>
    static string DotNetTypeOf(Type type) => DotNetTypes.GetOrAdd(type, t => $"{t.FullName}, {t.Assembly.GetName().Name}");
}
