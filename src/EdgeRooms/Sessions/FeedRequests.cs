using EdgeRooms.Cluster;

namespace EdgeRooms.Sessions;

/// <summary>
/// Every request of this router to one room that is not answered, in order, and the node that has them. Connections send from any thread; the
/// link's other end answers. One node has them at a time: where the room moves, nothing is sent until the old node has given back or answered
/// all it took, or its link is lost; then all goes to the next, in order, before anything new (HARD-CASES 14). Bounded by the connections' limits.
/// </summary>
sealed partial class FeedRequests(RoomFeed feed, IRoutes routes, RouterServices services)
{
    /// <summary>Moves in a row before it waits: at most two hops, then whoever owns the room is still finding out itself.</summary>
    const int HopsMax = 2;

    static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);

    readonly Lock _lock = new();
    readonly LinkedList<Pending> _pending = new();
    INodeLink? _node;
    string? _next;
    bool _moving;
    bool _introduced;
    int _outstanding;
    int _hops;
    long _claim;
    TimeSpan _pause = PauseMin;
    long _pausedAt;

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                return _pending.Count == 0;
            }
        }
    }

    /// <summary>Sends a request and keeps it until it is answered.</summary>
    public void Send(Pending pending)
    {
        var answers = default(FoundAnswers);
        lock (_lock)
        {
            pending.BelongsTo(this);
            pending.SentAt = services.Clock.GetTimestamp();
            pending.Place = _pending.AddLast(pending);
            if (_node is null)
            {
                PostAll(ref answers); // whatever waits for a way goes first
            }
            else if (!_moving)
            {
                Post(_node, pending, ref answers);
            }
        }

        answers.Give();
    }

    /// <summary>Sends what needs no answer; lost while the room moves.</summary>
    public void Pass(RoomRequest request)
    {
        var answers = default(FoundAnswers);
        lock (_lock)
        {
            PostAll(ref answers);
            if (!_moving && _node is { } node)
            {
                Introduce(node);
                node.Post(request);
            }
        }

        answers.Give();
    }

    /// <summary>Gives the answer to a request, unless it was answered before or this is one to an earlier try.</summary>
    public void Reply(Pending pending, RoomRequest request, RoomReply reply)
    {
        if (reply is BouncedReply bounced)
        {
            GiveBack(pending, request, bounced.Owner);
        }
        else if (Settle(pending, request))
        {
            pending.Answer(reply);
        }
        else
        {
            pending.AnsweredLate(reply);
        }
    }

    /// <summary>Looks again for a way where there was none; called by the router's ticker and when links or the view have changed.</summary>
    public void Retry()
    {
        var answers = default(FoundAnswers);
        lock (_lock)
        {
            if (_pending.Count > 0)
            {
                PostAll(ref answers);
            }
        }

        answers.Give();
    }

    /// <summary>Nobody follows the room here any more.</summary>
    public void Unfollow()
    {
        lock (_lock)
        {
            _node?.Unfollow(feed.Room);
        }
    }

    /// <summary>Gives up requests that have waited for too long; called by the router's ticker.</summary>
    public void ExpireOlderThan(TimeSpan age)
    {
        var answers = default(FoundAnswers);
        lock (_lock)
        {
            for (var place = _pending.First; place is not null && services.Clock.GetElapsedTime(place.Value.SentAt) >= age;)
            {
                var pending = place.Value;
                place = place.Next;
                if (pending.TimesOut)
                {
                    if (pending.Request is { } request)
                    {
                        _node?.Cancel(request);
                    }

                    Remove(pending);
                    answers.Add(pending, pending.AwayReply());
                }
            }

            FinishMove(ref answers);
        }

        answers.Give();
    }

    bool Settle(Pending pending, RoomRequest answered)
    {
        var answers = default(FoundAnswers);
        lock (_lock)
        {
            if (pending.Place is null || !ReferenceEquals(answered, pending.Request))
            {
                return false;
            }

            Remove(pending);
            FinishMove(ref answers);
        }

        answers.Give();
        return true;
    }

    /// <summary>The first thing a node hears of this router: its members.</summary>
    void Introduce(INodeLink node)
    {
        if (!_introduced)
        {
            _introduced = true;
            node.Post(new FollowRequest(feed.Room, NoReply.Instance, feed.Report()));
        }
    }

    /// <summary>Finds a way where there is none, and sends all that waits for one.</summary>
    void PostAll(ref FoundAnswers answers)
    {
        if (_node is not null || _moving || (_node = IsPaused() ? null : routes.To(feed.Room)) is not { } node)
        {
            return;
        }

        PostAll(node, ref answers);
    }

    void PostAll(INodeLink node, ref FoundAnswers answers)
    {
        // A copy: a request may be answered, and so removed, while it is posted.
        foreach (var pending in _pending.ToArray())
        {
            if (_node == node && !_moving && pending is { Place: not null, Request: null })
            {
                Post(node, pending, ref answers);
            }
        }
    }

    void Post(INodeLink node, Pending pending, ref FoundAnswers answers)
    {
        if (pending.Renew() is not { } request)
        {
            Remove(pending);
            answers.Add(pending, pending.MootReply);
            return;
        }

        Introduce(node);
        pending.Request = request;
        _outstanding++;
        switch (node.Post(request))
        {
            case null:
                break;
            case BouncedReply bounced:
                pending.Request = null;
                _outstanding--;
                MoveTo(bounced.Owner, ref answers);
                break;
            case var reply:
                Remove(pending);
                answers.Add(pending, reply);
                break;
        }
    }

    void Remove(Pending pending)
    {
        _pending.Remove(pending.Place!); // callers have looked
        pending.Place = null;
        if (pending.Request is not null)
        {
            _outstanding--;
        }
    }
}
