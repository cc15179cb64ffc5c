namespace EdgeRooms.Events;

/// <summary>
/// What one turn wants stored: its events, alarm changes and, for a command that only changed alarms, its mark.
/// All of it commits in one statement or none does.
/// </summary>
sealed record AppendGroup(
    Activation Activation,
    long ExpectedVersion,
    IReadOnlyList<NewEvent> Events,
    IReadOnlyList<AlarmChange> Alarms,
    CommandMark? Mark,
    IAppendListener Listener)
{
    /// <summary>Size in the batch, bytes of bodies and headers.</summary>
    public int Bytes { get; } = SizeOf(Events) + 64;

    static int SizeOf(IReadOnlyList<NewEvent> events)
    {
        int size = 0;
        for (int i = 0; i < events.Count; i++) // once a command: no enumerator
        {
            size += events[i].Body.Length + events[i].Headers.Length;
        }

        return size;
    }
}

/// <summary>A command that took effect without an event (it set or cancelled alarms), for the dedupe after a crash.</summary>
sealed record CommandMark(string Session, long Cmd, EffectSet Effects, long Seq);

/// <summary>An alarm row written (<paramref name="Due"/> set) or deleted (null). Deleting names the id, so a newer alarm of the name stays.</summary>
sealed record AlarmChange(Guid Id, string Name, DateTimeOffset? Due);

/// <summary>A stored alarm.</summary>
sealed record Alarm(Guid Id, RoomId Room, string Name, DateTimeOffset Due);

/// <summary>Who hears how a room's groups ended. Called by the writer, once a room and batch; must not block.</summary>
interface IAppendListener
{
    /// <summary>Every group up to and with this one is stored.</summary>
    void Committed(AppendGroup last);

    /// <summary>This group and all behind it of the activation are not acknowledged; the activation is failed.</summary>
    void Failed(AppendGroup first, AppendOutcome outcome);
}

/// <summary>How an append ended.</summary>
enum AppendOutcome
{
    Committed,

    /// <summary>The stream is not at the expected version: another writer was here.</summary>
    Conflict,

    /// <summary>This node's fence was raised by another.</summary>
    Fenced,

    /// <summary>Rolled back, and this group is why (its data, not the database).</summary>
    Refused,

    /// <summary>Certainly not stored: queued behind a failed one.</summary>
    NotStored,

    /// <summary>The connection died in between: it may be stored or not.</summary>
    Unknown,
}
