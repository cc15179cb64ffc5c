using EdgeRooms.Cluster;
using EdgeRooms.Diagnostics;
using EdgeRooms.Events;
using EdgeRooms.Protocol;

namespace EdgeRooms.Rooms;

/// <summary>
/// One room's loop: takes messages one at a time, runs turns, lets out what is committed. Routers post to it from any thread; all else runs on
/// the loop. It ends when the room is idle, moves, or is another node's, and loads the room again by itself whenever its memory is dropped.
/// Bounded: the inbox by <see cref="EngineOptions.InboxLength"/> (more are answered <c>overloaded</c>), held output by the gate, where the
/// loop waits. It promises: one turn at a time, nothing out before its commit, one answer to each request that it takes.
/// </summary>
sealed partial class RoomLoop : IAppendListener
{
    readonly RoomKind _kind;
    readonly RoomServices _services;
    readonly IRoomHost _host;
    readonly RoomInbox _inbox;
    readonly RoomRouters _routers;
    readonly Queue<object> _messages = new();
    readonly RoomClock _clock;
    readonly CancellationTokenSource _outside = new();
    RoomMemory? _memory;
    RoomOutput? _output;
    SnapshotTask _snapshot;
    int _outsideRunning;
    long _lastMessageAt;
    DateTimeOffset? _rosterDue;

    public RoomLoop(RoomId id, RoomKind kind, RoomServices services, IRoomHost host)
    {
        Id = id;
        _kind = kind;
        _services = services;
        _host = host;
        _inbox = new RoomInbox(services.Engine.InboxLength);
        _routers = new RoomRouters(id);
        _snapshot = NewSnapshotTask();
        _clock = new RoomClock(services.Clock, () => _inbox.Tell(Signal.Tick));
    }

    public RoomId Id { get; }

    /// <summary>Ends with the loop.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    public void Start() => Ended = Task.Run(RunAsync);

    /// <summary>The activation in memory and the last seq that it committed; null while there is none. Any thread.</summary>
    public (Activation Activation, long Seq)? Committed => _memory is { } memory ? (memory.Activation, memory.Tail.LastSeq) : null;

    /// <summary>The stream's version as the database had it after <see cref="Committed"/> was <paramref name="known"/>.</summary>
    public void Compare(Activation activation, long known, long stored) => _inbox.Tell(new StreamVersion(activation, known, stored));

    /// <summary>Takes a request; null, or the answer at once where too many wait.</summary>
    public RoomReply? Post(RoomRequest request) => _inbox.TryPost(request)
        ? null
        : new ErrorReply(new RoomError(
            ErrorCode.Overloaded, $"{Id} has more waiting than it takes; send again in a moment.", Retry: true, RetryAfterMs: 250));

    /// <summary>Takes what an earlier loop of the room left.</summary>
    public void Adopt(IReadOnlyList<RoomRequest> requests) => _inbox.Adopt(requests);

    /// <summary>Closes the inbox and hands out what is in it. The host calls it under its lock, so that no request comes in between.</summary>
    public IReadOnlyList<RoomRequest> Close() => _inbox.Close();

    /// <summary>Finishes what waits and gives the room up, to a node that is to have it or (null) to whom the ring proposes.</summary>
    public void Stop(string? node) => _inbox.Tell(new HandOver(node, IsOptional: false));

    /// <summary>The same for a node that has a better claim; a room that is in the middle of something stays.</summary>
    public void MoveTo(string node) => _inbox.Tell(new HandOver(node, IsOptional: true));

    /// <summary>The node lost its place: drop the memory and claim again.</summary>
    public void DropMemory() => _inbox.Tell(Signal.Drop);

    /// <summary>What the loop waited for may have come.</summary>
    public void LookAgain() => _inbox.Tell(Signal.Tick);

    /// <summary>Tells every router all members again.</summary>
    public void SendRoster() => _inbox.Tell(Signal.Roster);

    /// <summary>A router reports that it follows the room.</summary>
    public void Add(Follow follow) => _inbox.Tell(follow);

    /// <summary>A router follows no more; its members, if it has any, have left before.</summary>
    public void Unfollow(IRouterLink router) => _inbox.Tell(new RouterGone(router, IsLost: false));

    /// <summary>A router is gone with its members' sockets.</summary>
    public void LoseRouter(IRouterLink router) => _inbox.Tell(new RouterGone(router, IsLost: true));

    void IAppendListener.Committed(AppendGroup last) => _inbox.Tell(last);

    void IAppendListener.Failed(AppendGroup first, AppendOutcome outcome) => _inbox.Tell(new FailedGroup(first, outcome));

    async Task<ServeEnd> ServeAsync(RoomMemory memory)
    {
        _lastMessageAt = _services.Clock.GetTimestamp();
        while (true)
        {
            ReadMail();
            if (_memory is null)
            {
                return ServeEnd.Dropped;
            }

            bool snapshotDue = memory.Version - memory.SnapshotVersion >= _kind.Options.SnapshotEvery && !_snapshot.IsRunning;
            if (snapshotDue && memory.Gate.IsEmpty)
            {
                _snapshot.Start(memory);
                continue;
            }

            if (memory.Gate.HasRoom && !snapshotDue && _host.MaySpeak && await RunOneGuardedAsync(memory))
            {
                continue;
            }

            if (IsDone(memory) || IsIdle(memory))
            {
                return ServeEnd.Asleep;
            }

            memory.Tail.Trim();
            _clock.Set(_host.MaySpeak ? NextTick(memory) : _services.Clock.GetUtcNow() + IdleLookMin);
            await _inbox.WaitAsync();
        }
    }

    /// <summary>A turn whose memory was dropped under it is put back by <see cref="Drop"/>.</summary>
    async ValueTask<bool> RunOneGuardedAsync(RoomMemory memory)
    {
        try
        {
            return await RunOneAsync(memory);
        }
        catch (ActivationLostException)
        {
            return true;
        }
    }

    /// <summary>One turn; false where nothing waits.</summary>
    async ValueTask<bool> RunOneAsync(RoomMemory memory)
    {
        if (_messages.TryDequeue(out object? message))
        {
            await memory.MessageAsync(message);
            return true;
        }

        if (_inbox.TryTake(out var request))
        {
            _lastMessageAt = _services.Clock.GetTimestamp();
            await HandleAsync(memory, request);
            return true;
        }

        var now = _services.Clock.GetUtcNow();
        if (memory.AlarmTable.Next() is { } next && next.Entry.TryAt <= now)
        {
            _lastMessageAt = _services.Clock.GetTimestamp();
            await memory.AlarmAsync(next.Name);
            return true;
        }

        if (memory.Seats.EarliestLeave() <= now)
        {
            await memory.LeaveLostAsync();
            return true;
        }

        if (_rosterDue <= now)
        {
            _rosterDue = null;
            _routers.Roster([.. memory.Seats.Infos]);
        }

        return false;
    }

    async ValueTask HandleAsync(RoomMemory memory, RoomRequest request)
    {
        if (request is { Via: { } router, IsAbandoned: false } and not FollowRequest)
        {
            _routers.Add(router, null, memory);
        }

        switch (request)
        {
            case FollowRequest { Via: { } from } follow:
                Take(new Follow(from, follow.Report));
                break;
            case EphemeralRequest ephemeral:
                Pass(memory, ephemeral);
                break;
            case { IsAbandoned: true } and not LeaveRequest:
                // Its router gave it up and told the client so: to run it would only be a surprise.
                request.From.Reply(request, new ErrorReply(RoomError.OutcomeUnknown));
                break;
            case JoinRequest join when join.Since > memory.Version && !await IsNewestAsync(memory):
                _inbox.PutBack([request]);
                break;
            default:
                await memory.RunAsync(request);
                break;
        }

        // That its router is gone was heard before this request, which it had sent before: a seat it took is one to lose.
        if (request.Via is { IsOpen: false } gone)
        {
            memory.LoseRouter(gone);
        }
    }

    /// <summary>An ephemeral frame passes without a turn and without the gate.</summary>
    void Pass(RoomMemory memory, EphemeralRequest request)
    {
        if (memory.Seats.Find(request.Caller.Session) is { } seat && request.Caller.Stamp.CompareTo(seat.Stamp) >= 0)
        {
            var frame = ServerFrame.Ephemeral(new FrameWriter(), Id, request.Name, request.Data.Span, seat.Member.User, seat.Member.Id);
            _routers.Ephemeral(frame, null, seat.Session);
        }
    }

    async Task<bool> WaitForHandlerAsync(Task handler)
    {
        using var limit = new CancellationTokenSource(_services.Engine.HandlerTimeout, _services.Clock);
        var over = Task.Delay(Timeout.Infinite, limit.Token);
        while (!handler.IsCompleted)
        {
            var mail = _inbox.WaitAsync().AsTask();
            await Task.WhenAny(handler, over, mail);
            if (mail.IsCompleted)
            {
                ReadMail();
            }

            if (!handler.IsCompleted && (over.IsCompleted || _memory is null))
            {
                return false;
            }
        }

        return true;
    }

    bool IsDone(RoomMemory memory) =>
        _handOver is not null && memory.Gate.IsEmpty && _inbox.HasRunAll && _messages.Count == 0 && !_snapshot.IsRunning;

    bool IsIdle(RoomMemory memory) =>
        memory.Gate.IsEmpty && _outsideRunning == 0 && !_snapshot.IsRunning && memory.Seats.EarliestLeave() is null
        && memory.Recorded.Count == 0 && _rosterDue is null
        && _services.Clock.GetElapsedTime(_lastMessageAt) >= _kind.Options.IdleTimeout
        && !(memory.AlarmTable.Next()?.Entry.TryAt <= _services.Clock.GetUtcNow() + _kind.Options.IdleTimeout)
        && _inbox.IsEmpty;

    /// <summary>When to look again where no mail comes: for idleness, an alarm, the end of a grace.</summary>
    DateTimeOffset NextTick(RoomMemory memory)
    {
        var now = _services.Clock.GetUtcNow();
        var idle = _kind.Options.IdleTimeout;
        var left = idle - _services.Clock.GetElapsedTime(_lastMessageAt);

        // What keeps an idle room in memory ends by mail or by one of the times below, or is looked at again after as long.
        var next = now + (left > TimeSpan.Zero ? left : idle > IdleLookMin ? idle : IdleLookMin);
        return Earliest(next, memory.AlarmTable.Next()?.Entry.TryAt, memory.Seats.EarliestLeave(), _rosterDue);
    }

    static readonly TimeSpan IdleLookMin = TimeSpan.FromSeconds(1);

    static DateTimeOffset Earliest(DateTimeOffset first, params ReadOnlySpan<DateTimeOffset?> others)
    {
        foreach (var other in others)
        {
            first = other < first ? other.Value : first;
        }

        return first;
    }

    enum ServeEnd
    {
        Dropped,
        Asleep,
    }
}
