using System.Threading.Channels;

using EdgeRooms.Cluster;
using EdgeRooms.Diagnostics;
using EdgeRooms.Events;
using EdgeRooms.Protocol;

namespace EdgeRooms.Rooms;

/// <summary>
/// One room's loop: takes messages one at a time, runs turns, lets out what is committed. Routers post to it from any thread; all else runs on
/// the loop. It ends when the room is idle or the node stops, and loads the room again by itself whenever its memory is dropped. Bounded:
/// the inbox by <see cref="EngineOptions.InboxLength"/> (more are answered <c>overloaded</c>), held output by the gate, where the loop waits.
/// It promises: one turn at a time, nothing out before its commit, one answer to each request that it takes.
/// </summary>
sealed class RoomLoop : IAppendListener
{
    readonly RoomKind _kind;
    readonly RoomServices _services;
    readonly IRoomHost _host;

    // Written by routers, the writer and timers; read by the loop alone. Requests are counted against the inbox's length; the rest is
    // bounded by itself: one decision a batch, one tick, one message an outside work.
    readonly Channel<object> _inbox = Channel.CreateUnbounded<object>(new UnboundedChannelOptions { SingleReader = true });
    readonly Queue<RoomRequest> _backlog = new();
    readonly Queue<object> _messages = new();
    readonly RoomClock _clock;
    readonly CancellationTokenSource _outside = new();
    RoomMemory? _memory;
    RoomOutput? _output;
    SnapshotTask _snapshot;
    int _waiting;
    int _outsideRunning;
    bool _stopping;
    long _lastMessageAt;

    public RoomLoop(RoomId id, RoomKind kind, RoomServices services, IRoomHost host)
    {
        Id = id;
        _kind = kind;
        _services = services;
        _host = host;
        _snapshot = new SnapshotTask(services);
        _clock = new RoomClock(services.Clock, () => _inbox.Writer.TryWrite(Signal.Tick));
    }

    public RoomId Id { get; }

    /// <summary>Ends with the loop.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    public void Start() => Ended = Task.Run(RunAsync);

    /// <summary>Takes a request; one over the inbox's length is answered at once.</summary>
    public void Post(RoomRequest request)
    {
        if (Interlocked.Increment(ref _waiting) > _services.Engine.InboxLength)
        {
            Interlocked.Decrement(ref _waiting);
            request.From.Reply(request, new ErrorReply(new RoomError(
                ErrorCode.Overloaded, $"{Id} has more waiting than it takes; send again in a moment.", Retry: true, RetryAfterMs: 250)));
            return;
        }

        _inbox.Writer.TryWrite(request);
    }

    /// <summary>Finishes what waits, stores a snapshot and ends.</summary>
    public void Stop() => _inbox.Writer.TryWrite(Signal.Stop);

    /// <summary>The node lost its place: drop the memory and claim again.</summary>
    public void DropMemory() => _inbox.Writer.TryWrite(Signal.Drop);

    void IAppendListener.Committed(AppendGroup last) => _inbox.Writer.TryWrite(last);

    void IAppendListener.Failed(AppendGroup first, AppendOutcome outcome) => _inbox.Writer.TryWrite(new FailedGroup(first, outcome));

    async Task RunAsync()
    {
        List<Seat> lost = [];
        while (await LoadAsync(lost) is { } memory)
        {
            if (await ServeGuardedAsync(memory) == ServeEnd.Asleep)
            {
                await SleepAsync(memory);
                break;
            }

            lost = [.. memory.Seats.Seats.Where(s => s.LeavesAt is not null)];
            DropRequests();
        }

        await _outside.CancelAsync();
        _clock.Dispose();
        await _host.EndedAsync(this);
    }

    /// <summary>A defect in the loop itself costs the room its memory, like any other loss, and a pause.</summary>
    async Task<ServeEnd> ServeGuardedAsync(RoomMemory memory)
    {
        _services.Meters.Room(1);
        try
        {
            return await ServeAsync(memory);
        }
        catch (Exception e)
        {
            _services.Logger.RoomLoopDied(e, Id);
            memory.Activation.Fail();
            if (_memory is not null)
            {
                Drop(memory, new FailedGroup(null, AppendOutcome.Unknown));
            }

            await Task.Delay(TimeSpan.FromSeconds(1), _services.Clock);
            return ServeEnd.Dropped;
        }
        finally
        {
            _services.Meters.Room(-1);
        }
    }

    async Task<ServeEnd> ServeAsync(RoomMemory memory)
    {
        _lastMessageAt = _services.Clock.GetTimestamp();
        while (true)
        {
            TakeAll();
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

            if (memory.Gate.HasRoom && !snapshotDue && await RunOneAsync(memory))
            {
                continue;
            }

            if (_stopping && memory.Gate.IsEmpty && _backlog.Count == 0 && _messages.Count == 0)
            {
                return ServeEnd.Asleep;
            }

            if (IsIdle(memory))
            {
                return ServeEnd.Asleep;
            }

            _clock.Set(NextTick(memory));
            await _inbox.Reader.WaitToReadAsync();
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

        if (_backlog.TryDequeue(out var request))
        {
            Interlocked.Decrement(ref _waiting);
            _lastMessageAt = _services.Clock.GetTimestamp();
            if (request is EphemeralRequest ephemeral)
            {
                Pass(memory, ephemeral);
                return true;
            }

            await memory.RunAsync(request);
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

        return false;
    }

    /// <summary>An ephemeral frame passes without a turn and without the gate.</summary>
    void Pass(RoomMemory memory, EphemeralRequest request)
    {
        if (memory.Seats.Find(request.Caller.Session) is { } seat && request.Caller.Stamp.CompareTo(seat.Stamp) >= 0)
        {
            var frame = ServerFrame.Ephemeral(new FrameWriter(), Id, request.Name, request.Data.Span, seat.Member.User, seat.Member.Id);
            _host.Router.Ephemeral(Id, memory.Claim, frame, null, seat.Session);
        }
    }

    /// <summary>Takes what has come: decisions of the log at once, requests into the backlog in their order.</summary>
    void TakeAll()
    {
        while (_inbox.Reader.TryRead(out object? message))
        {
            switch (message)
            {
                case RoomRequest request:
                    _backlog.Enqueue(request);
                    break;
                case AppendGroup committed when _memory is { } memory && committed.Activation == memory.Activation:
                    Release(memory.Gate.Open(committed));
                    break;
                case FailedGroup failed when _memory is { } memory && failed.Group!.Activation == memory.Activation:
                    Drop(memory, failed);
                    break;
                case OutsideResult result:
                    _outsideRunning--;
                    _messages.Enqueue(result.Message);
                    break;
                case Signal.Stop:
                    _stopping = true;
                    break;
                case Signal.Drop when _memory is { } memory:
                    memory.Activation.Fail();
                    Drop(memory, new FailedGroup(null, AppendOutcome.Fenced));
                    break;
            }
        }
    }

    void Release(IReadOnlyList<Turn> turns)
    {
        _output!.Release(turns);
        foreach (var turn in turns)
        {
            foreach (var work in turn.Outside)
            {
                _outsideRunning++;
                _ = Task.Run(() => RunOutsideAsync(work)); // observed: its end is a message to this loop
            }
        }
    }

    async Task RunOutsideAsync(Func<CancellationToken, Task<object>> work)
    {
        object message;
        try
        {
            message = await work(_outside.Token);
        }
        catch (Exception e)
        {
            message = new OutsideFailed(e);
        }

        _inbox.Writer.TryWrite(new OutsideResult(message));
    }

    /// <summary>
    /// The one recovery path: forget the memory. The router is told first, so that nothing more is posted and all that is unanswered comes again;
    /// only the guilty turn of refused data is answered here, since it must not come again.
    /// </summary>
    void Drop(RoomMemory memory, FailedGroup failed)
    {
        _services.Logger.RoomDropped(Id, failed.Outcome);
        _services.Meters.Dropped(failed.Outcome);
        if (failed is { Outcome: AppendOutcome.Refused, Group: { } group } && memory.Gate.TurnOf(group) is { } guilty)
        {
            var refusal = new ErrorReply(new RoomError(
                ErrorCode.Rejected, "The database cannot store this command's data; change it before sending it as a new command."));
            foreach (var reply in guilty.Outputs.OfType<HeldReply>())
            {
                reply.Request.From.Reply(reply.Request, refusal);
            }
        }

        _host.Router.Lost(Id, memory.Claim);
        _memory = null;
    }

    /// <summary>What is in the inbox was sent before the router knew; it comes again.</summary>
    void DropRequests()
    {
        TakeAll();
        Interlocked.Add(ref _waiting, -_backlog.Count);
        _backlog.Clear();
        _messages.Clear();
    }

    async Task<bool> WaitForHandlerAsync(Task handler)
    {
        using var limit = new CancellationTokenSource(_services.Engine.HandlerTimeout, _services.Clock);
        var over = Task.Delay(Timeout.Infinite, limit.Token);
        while (!handler.IsCompleted)
        {
            var mail = _inbox.Reader.WaitToReadAsync().AsTask();
            await Task.WhenAny(handler, over, mail);
            if (mail.IsCompleted)
            {
                TakeAll();
            }

            if (!handler.IsCompleted && (over.IsCompleted || _memory is null))
            {
                return false;
            }

        }

        return true;
    }

    bool IsIdle(RoomMemory memory) =>
        memory.Gate.IsEmpty && _outsideRunning == 0 && !_snapshot.IsRunning && memory.Seats.EarliestLeave() is null
        && memory.Recorded.Count == 0
        && _services.Clock.GetElapsedTime(_lastMessageAt) >= _kind.Options.IdleTimeout
        && !(memory.AlarmTable.Next()?.Entry.TryAt <= _services.Clock.GetUtcNow() + _kind.Options.IdleTimeout)
        && Volatile.Read(ref _waiting) == 0;

    DateTimeOffset NextTick(RoomMemory memory)
    {
        var next = _services.Clock.GetUtcNow() + _kind.Options.IdleTimeout - _services.Clock.GetElapsedTime(_lastMessageAt);
        if (memory.AlarmTable.Next()?.Entry.TryAt is { } alarm && alarm < next)
        {
            next = alarm;
        }

        return memory.Seats.EarliestLeave() is { } leave && leave < next ? leave : next;
    }

    /// <summary>Claims and loads until it works; null where the node stops meanwhile. Parks a room that cannot be folded (HARD-CASES 12).</summary>
    async Task<RoomMemory?> LoadAsync(List<Seat> lost)
    {
        var pauses = new LoadPauses();
        while (!_stopping)
        {
            try
            {
                var (stored, claim) = await _host.ClaimAndLoadAsync(Id);
                var memory = NewMemory(stored, claim);
                await new RoomLoader(_services.Log).LoadAsync(memory, stored, CancellationToken.None);
                memory.RestoreMembers(lost, _host.Router.ReportMembers(Id));
                await memory.WakeAsync();
                Began(memory);
                return memory;
            }
            catch (RoomElsewhereException e)
            {
                await ParkAsync(pauses.Waiting(), new RoomError(ErrorCode.Unavailable, e.Message, Retry: true, RetryAfterMs: 1000));
            }
            catch (Exception e) when (Outage.Is(e))
            {
                _services.Logger.RoomLoadWaits(e, Id);
                await ParkAsync(pauses.Waiting(), null);
            }
            catch (Exception e)
            {
                var pause = pauses.Poison();
                _services.Logger.RoomParked(e, Id, pause);
                _services.Meters.Parked(1);
                await ParkAsync(pause, new RoomError(
                    ErrorCode.Internal, $"{Id} cannot be loaded; its operator has been told.", Retry: true, RetryAfterMs: (int)pause.TotalMilliseconds));
                _services.Meters.Parked(-1);
            }
        }

        return null;
    }

    RoomMemory NewMemory(StoredRoom stored, long claim) =>
        new(_kind, new Activation(Id, stored.Epoch), claim, _services)
        {
            WaitForHandler = WaitForHandlerAsync,
            Enqueue = group => _host.EnqueueAsync(group),
            Release = Release,
            Listener = this,
        };

    void Began(RoomMemory memory)
    {
        _memory = memory;
        _output = new RoomOutput(Id, memory, _host.Router);
        _snapshot = new SnapshotTask(_services);
        _services.Logger.RoomLoaded(Id, memory.Version, memory.Activation.Epoch);
        _host.Router.Active(Id, memory.Claim, memory.Activation.Epoch, memory.Version);
    }

    /// <summary>Waits; where there is an error to tell, every request that comes meanwhile gets it.</summary>
    async Task ParkAsync(TimeSpan pause, RoomError? error)
    {
        var until = Task.Delay(pause, _services.Clock);
        while (!until.IsCompleted && !_stopping)
        {
            TakeAll();
            while (error is not null && _backlog.TryDequeue(out var request))
            {
                Interlocked.Decrement(ref _waiting);
                request.From.Reply(request, new ErrorReply(error));
            }

            await Task.WhenAny(until, _inbox.Reader.WaitToReadAsync().AsTask());
        }
    }

    async Task SleepAsync(RoomMemory memory)
    {
        _services.Logger.RoomSleeps(Id, memory.Version);
        await _snapshot.EndedAsync();
        if (memory.Version > memory.SnapshotVersion)
        {
            _snapshot.Start(memory);
            await _snapshot.EndedAsync();
        }
    }

    /// <summary>
    /// Closes the inbox and hands out what is in it, for the room's next loop. The host calls it under the room's lock, so that no request
    /// comes in between.
    /// </summary>
    public IReadOnlyList<RoomRequest> Close()
    {
        _inbox.Writer.TryComplete();
        TakeAll();
        return [.. _backlog];
    }

    enum ServeEnd
    {
        Dropped,
        Asleep,
    }

    enum Signal
    {
        Tick,
        Stop,
        Drop,
    }

    sealed record FailedGroup(AppendGroup? Group, AppendOutcome Outcome);

    sealed record OutsideResult(object Message);
}
