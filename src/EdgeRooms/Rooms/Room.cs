using System.Text.Json;

using EdgeRooms.Protocol;
using EdgeRooms.Rooms;

namespace EdgeRooms;

/// <summary>
/// A room without state of its own. The engine makes one instance for each room in memory and calls it from one turn at a time, awaits
/// included: no locks are needed, and nothing else may call it. Instance fields are a cache: after a restart or a dropped turn a fresh
/// instance goes on from the state, which only events change. Most rooms want <see cref="Room{TState}"/>.
/// </summary>
public abstract class Room
{
    RoomContext? _context;
    Alarms? _alarms;

    /// <summary>The room's id.</summary>
    protected RoomId Id => Context.Id;

    /// <summary>The members, each session once, those in their grace included. A snapshot for the turn's use, not to be kept.</summary>
    protected IReadOnlyCollection<Member> Members => Context.Members;

    /// <summary>The seq of the last event, those of this turn included.</summary>
    protected long Seq => Context.Seq;

    /// <summary>The turn's time: what its events carry. Replays see the same.</summary>
    protected DateTimeOffset Now => Context.Now;

    /// <summary>The clock of the process, for what is not stored.</summary>
    protected TimeProvider Clock => Context.Clock;

    /// <summary>Random numbers. Put what you drew into the event: <c>Apply</c> must not draw again.</summary>
    protected Random Random => Context.Random;

    /// <summary>Durable timers.</summary>
    protected Alarms Alarms => _alarms ??= new Alarms(this);

    internal RoomContext Context => _context
        ?? throw new InvalidOperationException(
            "This room instance is not running: it was replaced after a turn that took too long, or is used in its constructor. "
            + "Use OnWake to set up, and RunOutside for long work.");

    internal virtual object? StateObject
    {
        get => null;
        set
        {
        }
    }

    internal void Attach(RoomContext? context) => _context = context;

    /// <summary>Whether who asks may enter. Default: yes. May look at state and members, must not emit.</summary>
    protected internal virtual Admission OnJoining(Joining who) => Admit();

    /// <summary>
    /// A member entered, and is in <see cref="Members"/>. Not called when a session comes back within the grace, or after the room moved. What it
    /// throws keeps the member out; a <see cref="Reject"/> tells it why.
    /// </summary>
    protected internal virtual ValueTask OnJoined(Member member) => ValueTask.CompletedTask;

    /// <summary>
    /// A member left. A kind that overrides this records its members as events, so that it is called also for those who were lost in a crash.
    /// </summary>
    protected internal virtual ValueTask OnLeft(Member member, LeaveReason reason) => ValueTask.CompletedTask;

    /// <summary>An alarm is due. At least once; what it emits, once. Throwing means again, after 2 s up to 5 min.</summary>
    protected internal virtual ValueTask OnAlarm(string name) => ValueTask.CompletedTask;

    /// <summary>The room came into memory, with its state. Runs before any message; may not emit.</summary>
    protected internal virtual ValueTask OnWake() => ValueTask.CompletedTask;

    /// <summary>What <see cref="RunOutside"/> work came back with, or an <see cref="OutsideFailed"/>.</summary>
    protected internal virtual ValueTask OnMessage(object message) => ValueTask.CompletedTask;

    /// <summary>
    /// A command that no <see cref="CommandAttribute"/> method has. <paramref name="data"/> is the frame's JSON, empty where it had none.
    /// Default: refuses and names the commands there are.
    /// </summary>
    protected internal virtual ValueTask<object?> OnCommand(Member by, string name, ReadOnlyMemory<byte> data) =>
        throw Reject($"There is no command '{name}' here. Known: {Context.CommandNames}.");

    /// <summary>What a member sees of the state: what <c>joined</c>, <c>reset</c> and GET carry. Null: nothing. Default: the whole state.</summary>
    protected internal virtual object? View(Member member) => StateObject;

    /// <summary>Lets who asks enter.</summary>
    protected static Admission Admit() => Admission.Granted;

    /// <summary>Turns who asks away with an error code (<c>room_full</c>, <c>forbidden</c> or <c>rejected</c>) and a sentence that says why.</summary>
    /// <exception cref="ArgumentException">Another code: clients act on the code, so it is one they know.</exception>
    protected static Admission Refuse(string code, string message) => code is ErrorCode.RoomFull or ErrorCode.Forbidden or ErrorCode.Rejected
        ? new(code, message)
        : throw new ArgumentException($"A join is refused with '{ErrorCode.RoomFull}', '{ErrorCode.Forbidden}' or '{ErrorCode.Rejected}', not with '{code}'.", nameof(code));

    /// <summary>The refusal to throw from a command: its sender gets <c>rejected</c> with this sentence, and nothing has happened.</summary>
    protected static RejectedException Reject(string message) => new(message);

    /// <summary>
    /// Decides an event, a record: applied to the state at once, stored with the turn, heard by others only then. At most 64 a turn.
    /// <see cref="InvalidOperationException"/> where the kind has no <c>Apply</c> for it or outside a turn; what <c>Apply</c> throws costs the turn.
    /// A room without state emits <see cref="Kinds.Posted"/>.
    /// </summary>
    protected void Emit(object roomEvent) => Context.Emit(roomEvent);

    /// <summary>
    /// Sends an ephemeral frame to one member after this turn's commit; nothing happens where it is gone. <paramref name="data"/> becomes JSON
    /// with camel case names. A slow reader may miss it.
    /// </summary>
    protected void Send(Member to, string name, object? data = null) => Context.Send(to, name, data);

    /// <summary>Sends an ephemeral frame to every member after this turn's commit, or to all <paramref name="but"/> one.</summary>
    protected void Broadcast(string name, object? data = null, Member? but = null) => Context.Broadcast(name, data, but);

    /// <summary>
    /// Starts long work after this turn's commit, outside the room's turns; what it returns comes to <see cref="OnMessage"/> as a turn of its
    /// own. Runs at most once and is lost with the node: pair it with an alarm where it must happen. The work must not touch the room.
    /// </summary>
    protected void RunOutside(Func<CancellationToken, Task<object>> work) => Context.RunOutside(work);
}

/// <summary>What <see cref="Room.OnMessage"/> gets when <see cref="Room.RunOutside"/> work threw.</summary>
/// <param name="Error">What it threw.</param>
public sealed record OutsideFailed(Exception Error);
