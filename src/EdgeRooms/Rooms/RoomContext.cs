namespace EdgeRooms.Rooms;

/// <summary>
/// The room's hands: what <see cref="Room"/>'s protected members reach the engine through. Called by handlers on the room's turn only;
/// detached from an instance whose turn was dropped, so that what still runs of it can do nothing.
/// </summary>
abstract class RoomContext
{
    public abstract RoomId Id { get; }

    public abstract IReadOnlyCollection<Member> Members { get; }

    public abstract long Seq { get; }

    public abstract DateTimeOffset Now { get; }

    public abstract TimeProvider Clock { get; }

    public abstract Random Random { get; }

    public abstract string CommandNames { get; }

    public abstract IReadOnlyCollection<string> AlarmNames { get; }

    public abstract void Emit(object roomEvent);

    public abstract void Send(Member to, string name, object? data);

    public abstract void Broadcast(string name, object? data, Member? but);

    public abstract void RunOutside(Func<CancellationToken, Task<object>> work);

    public abstract void SetAlarm(string name, DateTimeOffset at);

    public abstract bool CancelAlarm(string name);
}
