namespace EdgeRooms;

/// <summary>
/// Durable timers of a room, by name. Setting and cancelling are part of the turn: stored in the same statement as its events, undone with
/// it. At most 64 alarms a room (<see cref="InvalidOperationException"/>); names of 1 to 64 characters that do not start with <c>~</c>
/// (<see cref="ArgumentException"/>). Works inside a turn only (<see cref="InvalidOperationException"/>).
/// </summary>
public sealed class Alarms
{
    readonly Room _room;

    internal Alarms(Room room) => _room = room;

    /// <summary>The names of the alarms that are set.</summary>
    public IReadOnlyCollection<string> Names => _room.Context.AlarmNames;

    /// <summary>Sets or moves an alarm to a time from the turn's <see cref="Room.Now"/>; zero or less is due at once.</summary>
    public void Set(string name, TimeSpan after) => Set(name, _room.Context.Now + after);

    /// <summary>Sets or moves an alarm to a moment; one in the past is due at once.</summary>
    public void Set(string name, DateTimeOffset at) => _room.Context.SetAlarm(name, at);

    /// <summary>Takes an alarm back; false where none of the name is set.</summary>
    public bool Cancel(string name) => _room.Context.CancelAlarm(name);
}
