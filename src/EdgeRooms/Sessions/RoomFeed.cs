using EdgeRooms.Cluster;

namespace EdgeRooms.Sessions;

/// <summary>
/// A router's end of one room: who follows it here, and every request of theirs that the room has not answered, in order. Connections send from
/// any thread; the room's loop delivers. When the room loses its memory nothing more is posted until it is back, then all that is unanswered
/// goes again, in order, before anything new (HARD-CASES 14). Bounded by its connections' limits.
/// </summary>
sealed class RoomFeed(RoomId room, INodeLink node, RouterServices services)
{
    readonly Lock _lock = new();
    readonly LinkedList<Pending> _pending = new();
    readonly HashSet<Membership> _members = [];
    volatile Follower[] _followers = [];
    bool _isLost;

    public RoomId Room { get; } = room;

    public IReadOnlyList<Follower> Followers => _followers;

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                return _followers.Length == 0 && _members.Count == 0 && _pending.Count == 0;
            }
        }
    }

    /// <summary>Takes a follower in; it hears nothing until it has its place by <see cref="Follower.StartAt"/>.</summary>
    public void Add(Follower follower)
    {
        lock (_lock)
        {
            if (!_followers.Contains(follower))
            {
                _followers = [.. _followers, follower];
            }

            if (follower is Membership membership)
            {
                _members.Add(membership);
            }
        }
    }

    /// <summary>No more events to it. A membership is still reported until <see cref="Forget"/>.</summary>
    public void Remove(Follower follower)
    {
        lock (_lock)
        {
            _followers = [.. _followers.Where(f => f != follower)];
        }
    }

    /// <summary>The room knows that the membership is gone.</summary>
    public void Forget(Membership membership)
    {
        lock (_lock)
        {
            _followers = [.. _followers.Where(f => f != membership)];
            _members.Remove(membership);
        }
    }

    /// <summary>Sends a request and keeps it until it is answered.</summary>
    public void Send(Pending pending)
    {
        lock (_lock)
        {
            pending.BelongsTo(this);
            pending.SentAt = services.Clock.GetTimestamp();
            pending.Place = _pending.AddLast(pending);
            if (!_isLost)
            {
                pending.Request = pending.Renew();
                if (pending.Request is { } request)
                {
                    node.Post(request);
                }
            }
        }
    }

    /// <summary>Sends what needs no answer; lost while the room is.</summary>
    public void Pass(RoomRequest request)
    {
        lock (_lock)
        {
            if (!_isLost)
            {
                node.Post(request);
            }
        }
    }

    /// <summary>Takes a pending request out; false where it was answered before, or the answer is to an earlier try.</summary>
    public bool Settle(Pending pending, RoomRequest? answered)
    {
        lock (_lock)
        {
            if (pending.Place is null || (answered is not null && !ReferenceEquals(answered, pending.Request)))
            {
                return false;
            }

            _pending.Remove(pending.Place);
            pending.Place = null;
            return true;
        }
    }

    public void OnLost()
    {
        List<Pending> unknown = [];
        lock (_lock)
        {
            _isLost = true;
            foreach (var pending in _pending)
            {
                // A request that was never posted (it came while the room was lost before) has no outcome to be unknown.
                if (!pending.MayResend && pending.Request is not null)
                {
                    unknown.Add(pending);
                }
                else
                {
                    pending.Request = null;
                }
            }
        }

        AnswerAway(unknown);
    }

    public void OnActive(long epoch, long seq)
    {
        foreach (var follower in _followers)
        {
            follower.OnActive(epoch, seq);
        }

        List<Pending> moot = [];
        lock (_lock)
        {
            if (!_isLost)
            {
                return;
            }

            _isLost = false;

            // A copy: a full inbox answers on this thread, which takes the request out of the list.
            foreach (var pending in _pending.ToArray())
            {
                pending.Request = pending.Renew();
                if (pending.Request is { } request)
                {
                    node.Post(request);
                }
                else
                {
                    moot.Add(pending);
                }
            }
        }

        foreach (var pending in moot)
        {
            if (Settle(pending, null) && pending.MootReply is { } reply)
            {
                pending.Answer(reply);
            }
        }
    }

    /// <summary>Gives up requests that have waited for too long; called by the router's ticker.</summary>
    public void ExpireOlderThan(TimeSpan age)
    {
        List<Pending> expired = [];
        lock (_lock)
        {
            foreach (var pending in _pending)
            {
                if (services.Clock.GetElapsedTime(pending.SentAt) < age)
                {
                    break;
                }

                if (pending.TimesOut)
                {
                    expired.Add(pending);
                }
            }
        }

        AnswerAway(expired);
    }

    public IReadOnlyList<MemberReport> Report()
    {
        lock (_lock)
        {
            return [.. _members.Where(m => m.IsMember).Select(m => new MemberReport(m.Caller, m.PresenceData))];
        }
    }

    void AnswerAway(List<Pending> pendings)
    {
        foreach (var pending in pendings)
        {
            if (Settle(pending, null))
            {
                pending.Answer(pending.AwayReply());
            }
        }
    }
}
