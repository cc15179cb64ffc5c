using EdgeRooms.Cluster;
using EdgeRooms.Diagnostics;
using EdgeRooms.Protocol;

namespace EdgeRooms.Sessions;

/// <summary>
/// Brings a connection's followers that fell behind up to their rooms again, one at a time and a page at a time: from memory or the log, or by a reset, or by the whole
/// list of members. Started by the connection's pump when the queue is empty, so a slow socket paces it; it wakes the pump when it has done a
/// step. A step that fails is logged and tried again after a pause.
/// </summary>
sealed class CatchUp(Outbound outbound, RouterServices services)
{
    const int PageEvents = 128;
    static readonly TimeSpan AnswerPause = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan FailurePause = TimeSpan.FromMilliseconds(500);

    /// <summary>Guarded by the outbound's lock.</summary>
    readonly List<Follower> _followers = [];
    volatile bool _isRunning;

    public void Add(Follower follower)
    {
        lock (outbound.Lock)
        {
            _followers.Add(follower);
        }
    }

    public void Remove(Follower follower)
    {
        lock (outbound.Lock)
        {
            _followers.Remove(follower);
        }
    }

    /// <summary>Does the next step, if one is due and none is under way.</summary>
    public void Start()
    {
        if (_isRunning)
        {
            return;
        }

        Follower? behind;
        lock (outbound.Lock)
        {
            behind = _followers.Find(f => f.IsBehind || f.NeedsReset is not null || f.LostMembers);
        }

        if (behind is not null)
        {
            _isRunning = true;
            _ = RunAsync(behind); // it tells its errors itself
        }
    }

    async Task RunAsync(Follower follower)
    {
        try
        {
            if (follower.NeedsReset is { } reason)
            {
                follower.RequestReset(reason);
                await Task.Delay(AnswerPause, services.Clock);
            }
            else if (follower.IsBehind)
            {
                await RefillAsync(follower);
            }
            else if (follower.LostMembers)
            {
                follower.RequestMembers();
                await Task.Delay(AnswerPause, services.Clock);
            }
        }
        catch (Exception e)
        {
            services.Logger.CatchUpFailed(e, follower.Room);
            await Task.Delay(FailurePause, services.Clock);
        }

        _isRunning = false; // before the pump looks, or it would wait for the next reason to wake
        outbound.Wake();
    }

    async Task RefillAsync(Follower follower)
    {
        long next, epoch, head;
        lock (outbound.Lock)
        {
            (next, epoch, head) = (follower.Next, follower.Epoch, follower.Head);
        }

        if (follower.Feed.Tail.From(epoch, next) is { } recent)
        {
            services.Meters.Replay(ReplaySource.Router);
            Refill(follower, epoch, recent);
            return;
        }

        if (head - next >= services.Limits.ResumeEvents)
        {
            lock (outbound.Lock)
            {
                follower.FallOut("trimmed");
            }

            return;
        }

        services.Meters.Replay(ReplaySource.Log);
        var page = await services.Log.ReadAsync(follower.Room, epoch, next - 1, PageEvents, CancellationToken.None);
        if (page.Epoch == epoch && page.Events.Count == 0)
        {
            await Task.Delay(AnswerPause, services.Clock); // a database that is behind what was told: not asked without a pause
        }

        var writer = new FrameWriter();
        lock (outbound.Lock)
        {
            if (HasMoved(follower, epoch, next))
            {
                return;
            }

            if (page.Epoch != epoch || page.FirstVersion > next)
            {
                follower.FallOut(page.Epoch != epoch ? "epoch" : "trimmed");
                return;
            }

            foreach (var stored in page.Events)
            {
                outbound.AddCaughtUp(follower, follower.Kind.FrameOf(writer, follower.Room, stored), stored.Version);
                follower.Advance(stored.Version);
            }

            follower.ReleaseAnswers();
        }
    }

    void Refill(Follower follower, long epoch, EventBatch events)
    {
        lock (outbound.Lock)
        {
            if (!HasMoved(follower, epoch, events.FirstSeq))
            {
                outbound.AddCaughtUp(follower, events.Bytes, events.FirstSeq);
                follower.Advance(events.LastSeq);
                follower.ReleaseAnswers();
            }
        }
    }

    /// <summary>The room has answered meanwhile, and set another place. Lock held.</summary>
    static bool HasMoved(Follower follower, long epoch, long next) => follower.Next != next || follower.Epoch != epoch;
}
