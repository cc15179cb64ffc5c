namespace EdgeRooms;

/// <summary>
/// Durable timers of a room, by name. Setting and cancelling are part of the turn: stored in the same statement as its events, undone with
/// it. At most 64 alarms a room; names of 1 to 64 characters.
/// </summary>
public sealed class Alarms
{
    readonly Room _room;

    internal Alarms(Room room) => _room = room;

    /// <summary>The names of the alarms that are set.</summary>
    public IReadOnlyCollection<string> Names => _room.Context.AlarmNames;

    /// <summary>Sets or moves an alarm to a time from now (zero or more).</summary>
    public void Set(string name, TimeSpan after) => Set(name, _room.Context.Now + after);

    /// <summary>Sets or moves an alarm to a moment; one in the past is due at once.</summary>
    public void Set(string name, DateTimeOffset at) => _room.Context.SetAlarm(name, at);

    /// <summary>Takes an alarm back; false where none of the name is set.</summary>
    public bool Cancel(string name) => _room.Context.CancelAlarm(name);
}
