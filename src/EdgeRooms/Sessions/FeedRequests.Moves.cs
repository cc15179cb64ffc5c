using EdgeRooms.Cluster;

namespace EdgeRooms.Sessions;

/// <summary>Which node has the requests: how word of a move comes, and how all goes from one node to the next.</summary>
sealed partial class FeedRequests
{
    /// <summary>The room is at this node. False: an older claim, whose word counts no more.</summary>
    public bool OnActive(INodeLink node, long claim)
    {
        var answers = default(FoundAnswers);
        lock (_lock)
        {
            if (claim < _claim)
            {
                return false;
            }

            _claim = claim;
            _hops = 0;
            _pause = PauseMin;
            if (_node != node || _moving)
            {
                // The room itself turned to this router, which did not ask it, or asks another node.
                MoveTo(node.NodeName, ref answers);
            }

            if (_node == node)
            {
                Introduce(node);
            }
        }

        answers.Give();
        return true;
    }

    /// <summary>Whether what was said under this claim still counts.</summary>
    public bool IsCurrent(long claim)
    {
        lock (_lock)
        {
            return claim >= _claim;
        }
    }

    /// <summary>The node gave the room up.</summary>
    public void OnMoved(INodeLink node, string? owner)
    {
        var answers = default(FoundAnswers);
        lock (_lock)
        {
            if (_node == node)
            {
                MoveTo(owner, ref answers);
            }
        }

        answers.Give();
    }

    /// <summary>
    /// The link is gone: what it took and did not answer goes again, but for commands without a number (HARD-CASES 15). False: the room was not there.
    /// </summary>
    public bool OnLinkLost(INodeLink node)
    {
        var answers = default(FoundAnswers);
        lock (_lock)
        {
            if (_node != node)
            {
                return false;
            }

            foreach (var pending in _pending.ToArray())
            {
                if (pending.Request is not null && !pending.MayResend)
                {
                    Remove(pending);
                    answers.Add(pending, pending.AwayReply());
                }

                pending.Request = null;
            }

            _outstanding = 0;
            MoveTo(null, ref answers);
        }

        answers.Give();
        return true;
    }

    void GiveBack(Pending pending, RoomRequest request, string? owner)
    {
        var answers = default(FoundAnswers);
        lock (_lock)
        {
            if (pending.Place is not null && ReferenceEquals(request, pending.Request))
            {
                pending.Request = null;
                _outstanding--;
                MoveTo(owner, ref answers);
            }
        }

        answers.Give();
    }

    bool IsPaused() => _hops > HopsMax && services.Clock.GetElapsedTime(_pausedAt) < _pause;

    void MoveTo(string? owner, ref FoundAnswers answers)
    {
        _next = owner;
        if (!_moving)
        {
            _moving = true;
            if (++_hops > HopsMax)
            {
                _pause = _hops == HopsMax + 1 ? PauseMin : _pause * 2 < PauseMax ? _pause * 2 : PauseMax;
                _pausedAt = services.Clock.GetTimestamp();
            }
        }

        FinishMove(ref answers);
    }

    /// <summary>When the old node has nothing more of it, all goes to the next.</summary>
    void FinishMove(ref FoundAnswers answers)
    {
        if (_moving && _outstanding == 0)
        {
            _moving = false;
            _introduced = false;
            _node = _next is { } name && !IsPaused() ? routes.ToNode(name) : null;
            _next = null;
            if (_node is { } node)
            {
                PostAll(node, ref answers);
            }
            else if (_pending.Count > 0)
            {
                PostAll(ref answers);
            }
        }
    }
}
