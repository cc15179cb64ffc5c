using EdgeRooms.Cluster;
using EdgeRooms.Events;

namespace EdgeRooms.Rooms;

/// <summary>What comes to the loop besides requests, and what it does at once, between turns or while a handler waits.</summary>
sealed partial class RoomLoop
{
    /// <summary>Takes what has come: decisions of the log at once, requests into the backlog in their order.</summary>
    void ReadMail()
    {
        while (_inbox.TryRead(out object? message))
        {
            switch (message)
            {
                case AppendGroup committed when _memory is { } memory && committed.Activation == memory.Activation:
                    Release(memory.Gate.Open(committed));
                    break;
                case FailedGroup failed when _memory is { } memory && failed.Group.Activation == memory.Activation:
                    Drop(memory, failed.Outcome, failed.Group);
                    break;
                case OutsideResult result:
                    _outsideRunning--;
                    _messages.Enqueue(result.Message);
                    break;
                case Follow follow:
                    if (Take(follow))
                    {
                        _rosterDue ??= _services.Clock.GetUtcNow() + _services.Engine.Grace;
                    }

                    break;
                case RouterGone gone:
                    Take(gone);
                    break;
                case HandOver handOver when !handOver.IsOptional || _outsideRunning == 0:
                    _handOver = handOver;
                    _inbox.Seal();
                    break;
                case StreamVersion seen when _memory is { } memory && seen.Activation == memory.Activation:
                    Compare(memory, seen);
                    break;
                case Signal.Roster:
                    _rosterDue = _services.Clock.GetUtcNow();
                    break;
                case Signal.Drop when _memory is { } memory:
                    Drop(memory, AppendOutcome.Unknown, null);
                    break;
                case Signal.Drop:
                    _claimIsOld = true;
                    break;
            }
        }
    }

    /// <summary>A router follows the room. False: not yet, for the room must be loaded first, or once more.</summary>
    bool Take(Follow follow)
    {
        if (_memory is { } memory && !KnowsMore(follow, memory))
        {
            memory.RestoreMembers(follow);
            _routers.Add(follow.Router, follow.Report, memory);
            return true;
        }

        _lateFollows.Add(follow);
        if (_memory is { } shorter)
        {
            Drop(shorter, AppendOutcome.Conflict, null); // the next load raises the epoch, by what this router has seen
        }

        return false;
    }

    /// <summary>A router has heard more of the stream than there is: a database failover lost commits (HARD-CASES 21).</summary>
    static bool KnowsMore(Follow follow, RoomMemory memory) =>
        follow.Report.SeenEpoch == memory.Activation.Epoch && follow.Report.SeenSeq > memory.Tail.LastSeq;

    void Take(RouterGone gone)
    {
        _lateFollows.RemoveAll(f => f.Router == gone.Router);
        _routers.Remove(gone.Router);
        if (gone.IsLost)
        {
            _memory?.LoseRouter(gone.Router);
        }
    }

    void Release(IReadOnlyList<Turn> turns)
    {
        _output!.Release(turns); // there since the memory is
        for (int i = 0; i < turns.Count; i++)
        {
            var turn = turns[i];
            if (turn.Alarm is { } alarm)
            {
                _refusedAlarms.Remove(alarm);
            }

            if (turn.Outside is { Count: > 0 } outside)
            {
                Start(outside);
            }
        }
    }

    void Start(IReadOnlyList<Func<CancellationToken, Task<object>>> outside)
    {
        foreach (var work in outside)
        {
            _outsideRunning++;
            _ = Task.Run(() => RunOutsideAsync(work)); // observed: its end is a message to this loop
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

        _inbox.Tell(new OutsideResult(message));
    }

    enum Signal
    {
        Tick,
        Drop,
        Roster,
    }

    sealed record FailedGroup(AppendGroup Group, AppendOutcome Outcome);

    sealed record OutsideResult(object Message);

    sealed record StreamVersion(Activation Activation, long Known, long Stored);

    sealed record RouterGone(IRouterLink Router, bool IsLost);

    sealed record HandOver(string? Node, bool IsOptional);
}
