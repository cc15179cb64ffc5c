using EdgeRooms.Cluster;
using EdgeRooms.Diagnostics;
using EdgeRooms.Events;
using EdgeRooms.Protocol;

namespace EdgeRooms.Rooms;

/// <summary>How the room comes into memory, and how it finds out that the stream is no longer the one it loaded.</summary>
sealed partial class RoomLoop
{
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
                if (_claimIsOld || await RaisedEpochAsync(memory, stored, [.. asked, .. _lateFollows]))
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
        _routers.Begin(memory, follows);
        _rosterDue = follows.Count > 0 ? _services.Clock.GetUtcNow() + _services.Engine.Grace : null;
        _services.Logger.RoomLoaded(Id, memory.Version, memory.Activation.Epoch);
    }

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

            await Task.WhenAny(until, _inbox.WaitAsync().AsTask());
        }
    }
}
