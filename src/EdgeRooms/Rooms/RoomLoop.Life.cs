using EdgeRooms.Cluster;
using EdgeRooms.Diagnostics;
using EdgeRooms.Events;
using EdgeRooms.Protocol;

namespace EdgeRooms.Rooms;

/// <summary>How a room serves, loses its memory, and goes.</summary>
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

    SnapshotTask NewSnapshotTask() => new(_services, () => _inbox.Tell(Signal.Tick));

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
