using System.Text;
using EdgeRooms.Events;

namespace EdgeRooms.Conformance;

/// <summary>Short ways to write what rooms append.</summary>
static class Turns
{
    public static readonly EventType MovedType = new("moved", typeof(Moved));
    public static readonly DateTimeOffset At = new(2026, 3, 1, 12, 30, 15, 123, TimeSpan.Zero);

    public static Activation Wake(string room, long epoch = 1) => new(RoomId.Parse(room), epoch);

    public static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes(text);

    public static NewEvent Event(int number = 1, EventHeaders? headers = null, string? body = null) => new(
        Guid.CreateVersion7(), MovedType, Json(body ?? $$"""{"to":{{number}}}"""),
        EventHeadersJson.Write(headers ?? new EventHeaders("ann", "session-a", number, "member-a")), At);

    public static AppendGroup Group(
        Activation room, long expected, IReadOnlyList<NewEvent> events, IReadOnlyList<AlarmChange>? alarms = null, CommandMark? mark = null) =>
        new(room, expected, events, alarms ?? [], mark, NoListener.Instance);

    public static RoomAppend Append(Activation room, long expected, params IReadOnlyList<NewEvent> events)
    {
        var append = new RoomAppend(room, expected);
        append.Add(Group(room, expected, events));
        return append;
    }

    public static RoomAppend Append(Activation room, long expected, IReadOnlyList<AlarmChange> alarms, CommandMark? mark = null)
    {
        var append = new RoomAppend(room, expected);
        append.Add(Group(room, expected, [], alarms, mark));
        return append;
    }

    public static async Task<StoredRoom> LoadAsync(this IEventLog log, string room) =>
        (await log.LoadAsync([RoomId.Parse(room)], default))[0];

    sealed class NoListener : IAppendListener
    {
        public static readonly NoListener Instance = new();

        public void Committed(AppendGroup last)
        {
        }

        public void Failed(AppendGroup first, AppendOutcome outcome)
        {
        }
    }
}

/// <summary>An event of the tests.</summary>
sealed record Moved(int To);
