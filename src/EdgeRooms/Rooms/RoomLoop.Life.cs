using EdgeRooms.Cluster;
using EdgeRooms.Diagnostics;
using EdgeRooms.Events;
using EdgeRooms.Protocol;

namespace EdgeRooms.Rooms;

/// <summary>How a room comes into memory, loses it, and goes.</summary>
sealed partial class RoomLoop
{
    /// <summary>Events since the last snapshot that a room on its way to another node may leave to be replayed there.</summary>
    const int HandOverTailMax = 128;

    readonly List<Follow> _lateFollows = [];
    readonly List<Seat> _inGrace = [];
    readonly HashSet<string> _hooklessLeaves = [];
    readonly Dictionary<string, int> _refusedAlarms = [];
    readonly Dictionary<string, long> _undone = [];
    RoomMemory? _before;
    (long Epoch, long Seq) _known;
    long _comparedAt;
    HandOver? _handOver;
    bool _claimIsOld;

    async Task RunAsync()
    {
        var end = new RoomEnd(false, null, false);
        try
        {
            while (await LoadAsync() is { } memory)
            {
                if (await ServeGuardedAsync(memory) == ServeEnd.Asleep)
                {
                    await SleepAsync(memory);
                    break;
                }
            }

            end = new RoomEnd(_handOver is not null, _handOver?.Node, WasGiven: _handOver is not null);
        }
        catch (RoomElsewhereException e)
        {
            end = new RoomEnd(true, e.Owner, WasGiven: false);
        }

        await _outside.CancelAsync();
        _clock.Dispose();
        await _host.EndedAsync(this, end);
    }

    /// <summary>
    /// Tells the routers that follow it that the room is given up; the host calls it when that is so. Where somebody may be missing, the next owner must load
    /// the room to tell of it.
    /// </summary>
    public void SayMoved(string? owner) => _routers.Moved(owner, wake: _inGrace.Count > 0 || _rosterDue is not null);

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
            if (_memory is not null)
            {
                Drop(memory, AppendOutcome.Unknown, null);
            }

            await Task.Delay(TimeSpan.FromSeconds(1), _services.Clock);
            return ServeEnd.Dropped;
        }
        finally
        {
            _services.Meters.Room(-1);
        }
    }

    /// <summary>
    /// The one recovery path: forget the memory, and load it again. What was not answered is run again, in order, before anything new; the
    /// ledgers, rebuilt from the stream, drop what had taken effect. Not run again: the guilty turn of refused data, and commands without a number
    /// whose outcome is unknown (HARD-CASES 2, 15).
    /// </summary>
    void Drop(RoomMemory memory, AppendOutcome outcome, AppendGroup? failed)
    {
        _services.Logger.RoomDropped(Id, outcome);
        _services.Meters.Dropped(outcome);
        memory.Activation.Fail();
        _memory = null;
        _before = memory;
        _known = (memory.Activation.Epoch, memory.Tail.LastSeq);
        _undone.Clear();
        _inGrace.Clear();
        _inGrace.AddRange(memory.Seats.Seats.Where(s => s.LeavesAt is not null));
        var again = new List<RoomRequest>();
        foreach (var turn in (Turn[])[.. memory.Gate.TakeAll(), .. memory.OpenTurns])
        {
            if (outcome == AppendOutcome.Refused && turn.Group == failed)
            {
                Refuse(turn);
            }
            else if (turn.Request is CommandRequest { Cmd: null, Key: null } command && outcome == AppendOutcome.Unknown)
            {
                command.From.Reply(command, new ErrorReply(RoomError.OutcomeUnknown));
            }
            else if (turn.Request is { } request)
            {
                again.Add(request);
                if (request is CommandRequest { Cmd: { } cmd })
                {
                    _undone.TryAdd(request.Caller.Session, cmd);
                }
            }
            else if (turn.Left is { } seat)
            {
                _inGrace.Add(seat); // its grace is over: it leaves again
            }
            else if (turn.Message is { } message && outcome != AppendOutcome.Unknown)
            {
                _messages.Enqueue(message);
            }
        }

        _inbox.PutBack(again);
    }

    /// <summary>The database cannot store what this turn decided, and never will.</summary>
    void Refuse(Turn turn)
    {
        switch (turn)
        {
            case { Request: LeaveRequest leave }:
                leave.From.Reply(leave, new LeftReply());
                break;
            case { Request: { } request }:
                request.From.Reply(request, new ErrorReply(new RoomError(
                    ErrorCode.Rejected, "The database cannot store what this decided; change the data before sending it as a new command.")));
                break;
            case { Alarm: { } alarm }:
                _refusedAlarms[alarm] = _refusedAlarms.GetValueOrDefault(alarm) + 1;
                _services.Meters.AlarmFailed();
                break;
        }

        if (turn.Left is { } seat)
        {
            // It leaves again at once, by a turn that only says so.
            _hooklessLeaves.Add(seat.Session);
            seat.LeavesAt = _services.Clock.GetUtcNow();
            _inGrace.Add(seat);
        }

        _services.Logger.TurnRefused(Id, turn.Alarm ?? turn.Request?.GetType().Name ?? "message");
    }

    /// <summary>
    /// Claims and loads until it works; null where the room is to be given up meanwhile. Throws <see cref="RoomElsewhereException"/>. Parks a room
    /// that cannot be folded (HARD-CASES 12).
    /// </summary>
    async Task<RoomMemory?> LoadAsync()
    {
        var pauses = new LoadPauses();
        while (_handOver is null)
        {
            try
            {
                _claimIsOld = false;
                var (stored, claim, asked) = await _host.ClaimAndLoadAsync(Id);
                var memory = NewMemory(stored, claim);
                await new RoomLoader(_services.Log).LoadAsync(memory, stored, CancellationToken.None);
                ReadMail();
                if (_claimIsOld || await RaisedEpochAsync(memory, stored, asked))
                {
                    continue;
                }

                List<Follow> follows = [.. asked.Where(f => f.Router.IsOpen), .. _lateFollows];
                memory.RestoreMembers(_inGrace, follows);
                await memory.WakeAsync();
                Began(memory, follows);
                return memory;
            }
            catch (RoomElsewhereException)
            {
                throw;
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

    /// <summary>
    /// Whether one of our own processes has seen more of the stream than the database has: a failover lost commits. Then the stream gets a new epoch,
    /// so that every client hears of it and no seq means two things (HARD-CASES 21). A client's word is not asked.
    /// </summary>
    async Task<bool> RaisedEpochAsync(RoomMemory memory, StoredRoom stored, IReadOnlyList<Follow> follows)
    {
        long seen = follows.Where(f => f.Report.SeenEpoch == stored.Epoch).Select(f => f.Report.SeenSeq)
            .Append(_known.Epoch == stored.Epoch ? _known.Seq : 0).Max();
        if (seen <= stored.Version)
        {
            return false;
        }

        _services.Logger.StreamShorter(Id, seen, stored.Version);
        var snapshot = stored.FirstVersion > 1 ? SnapshotCodec.WriteForNextEpoch(memory) : null;
        await _services.Log.RaiseEpochAsync(Id, stored.Epoch, copy: true, snapshot, CancellationToken.None);
        return true;
    }

    /// <summary>A client claims a higher seq: the database is asked, at most once a second, whether it is this memory that is behind.</summary>
    async Task<bool> IsNewestAsync(RoomMemory memory)
    {
        if (_comparedAt != 0 && _services.Clock.GetElapsedTime(_comparedAt) < TimeSpan.FromSeconds(1))
        {
            return true;
        }

        try
        {
            long known = memory.Tail.LastSeq;
            long stored = (await _services.Log.ReadVersionsAsync([memory.Activation], CancellationToken.None))[0];
            _comparedAt = _services.Clock.GetTimestamp();
            Compare(memory, new StreamVersion(memory.Activation, known, stored));
            return _memory is not null;
        }
        catch (Exception e) when (Outage.Is(e))
        {
            Drop(memory, AppendOutcome.Unknown, null); // the start path waits for the database
            return false;
        }
    }

    /// <summary>More in the database than was sent there from here, or less than was committed: either way this memory is of no use.</summary>
    void Compare(RoomMemory memory, StreamVersion seen)
    {
        if (seen.Stored > memory.Version || seen.Stored < seen.Known)
        {
            Drop(memory, AppendOutcome.Conflict, null);
        }
    }

    RoomMemory NewMemory(StoredRoom stored, long claim) =>
        new(_kind, new Activation(Id, stored.Epoch), claim, _services)
        {
            WaitForHandler = WaitForHandlerAsync,
            Enqueue = group => _host.EnqueueAsync(group),
            Release = Release,
            Listener = this,
            HooklessLeaves = _hooklessLeaves,
        };

    void Began(RoomMemory memory, IReadOnlyList<Follow> follows)
    {
        foreach (var (alarm, times) in _refusedAlarms)
        {
            memory.AlarmTable.BackOff(alarm, _services.Clock.GetUtcNow(), times);
        }

        if (_before is { } before && before.Activation.Epoch == memory.Activation.Epoch)
        {
            memory.Sessions.CarryOver(before.Sessions, _undone);
        }

        _memory = memory;
        _before = null;
        _inGrace.Clear();
        _lateFollows.Clear();
        _output = new RoomOutput(memory, _routers);
        _snapshot = NewSnapshotTask();
        _routers.Begin(memory, follows.Select(f => f.Router));
        _rosterDue = follows.Count > 0 ? _services.Clock.GetUtcNow() + _services.Engine.Grace : null;
        _services.Logger.RoomLoaded(Id, memory.Version, memory.Activation.Epoch);
    }

    SnapshotTask NewSnapshotTask() => new(_services, () => _inbox.Tell(Signal.Tick));

    /// <summary>Waits; where there is an error to tell, every request that comes meanwhile gets it.</summary>
    async Task ParkAsync(TimeSpan pause, RoomError? error)
    {
        var until = Task.Delay(pause, _services.Clock);
        while (!until.IsCompleted && _handOver is null)
        {
            ReadMail();
            while (error is not null && _inbox.TryTake(out var request))
            {
                request.From.Reply(request, new ErrorReply(error));
            }

            await Task.WhenAny(until, _inbox.WaitAsync());
        }
    }

    async Task SleepAsync(RoomMemory memory)
    {
        _services.Logger.RoomSleeps(Id, memory.Version);
        _inGrace.AddRange(memory.Seats.Seats.Where(s => s.LeavesAt is not null));
        await _snapshot.EndedAsync();
        if (memory.Version - memory.SnapshotVersion > (_handOver is null ? 0 : HandOverTailMax))
        {
            _snapshot.Start(memory);
            await _snapshot.EndedAsync();
        }
    }
}
