using System.Text.Json;

using EdgeRooms.Cluster;
using EdgeRooms.Protocol;

namespace EdgeRooms.Sessions;

/// <summary>
/// A router's end of one room: who follows it here, what their clients know of its members, and the requests that wait. Connections call from any
/// thread; the room's node delivers, in order. Bounded by the connections' limits and the room's members.
/// </summary>
sealed class RoomFeed
{
    readonly Lock _lock = new();
    readonly HashSet<Membership> _members = [];
    volatile Follower[] _followers = [];
    Dictionary<string, MemberInfo>? _roster;
    bool _waking;

    public RoomFeed(RoomId room, IRoutes routes, RouterServices services)
    {
        Room = room;
        Tail = new FeedTail(services.Tails);
        Requests = new FeedRequests(this, routes, services);
    }

    public RoomId Room { get; }

    public FeedRequests Requests { get; }

    /// <summary>The room's last events.</summary>
    public FeedTail Tail { get; }

    public IReadOnlyList<Follower> Followers => _followers;

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                if (_followers.Length > 0 || _members.Count > 0)
                {
                    return false;
                }
            }

            return Requests.IsEmpty;
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

    public void Send(Pending pending) => Requests.Send(pending);

    /// <summary>The members here, for a node that loads the room. Who is leaving is none: its leave may have been done and not be told yet.</summary>
    public FeedReport Report()
    {
        var (epoch, seq) = Tail.Seen;
        lock (_lock)
        {
            var members = _members.Where(m => m is { IsMember: true, IsLeaving: false });
            return new FeedReport(Room, [.. members.Select(m => new MemberReport(m.Caller, m.PresenceData))], epoch, seq);
        }
    }

    public void OnEvents(long claim, EventBatch events)
    {
        if (!Requests.IsCurrent(claim))
        {
            return;
        }

        if (Tail.Hear(claim, events) is { } epoch)
        {
            foreach (var follower in _followers)
            {
                follower.Offer(epoch, events);
            }
        }
    }

    public void OnActive(INodeLink node, long claim, long epoch, long seq)
    {
        if (Requests.OnActive(node, claim))
        {
            Tail.OnActive(claim, epoch, seq);
            foreach (var follower in _followers)
            {
                follower.OnActive(epoch, seq);
            }
        }
    }

    /// <summary>Asks for the room at its next node, so that it is loaded there and its missing members leave.</summary>
    public void OnMoved(INodeLink node, long claim, string? owner, bool wake)
    {
        Requests.OnMoved(node, owner);
        if (wake && Requests.IsCurrent(claim))
        {
            Wake();
        }
    }

    /// <summary>
    /// The owner died, and it may have been the last to know that somebody was leaving, or the router of a member itself; or a router died, and the room may
    /// sleep. Where clients here know of members who are not here, the room is loaded, which tells after the grace who is gone. Other rooms wait for
    /// somebody to ask for them.
    /// </summary>
    public void WakeForMissing()
    {
        lock (_lock)
        {
            if (_roster is not { Count: > 0 } roster || roster.Count == _members.Count(m => m.MemberId is { } id && roster.ContainsKey(id)))
            {
                return;
            }
        }

        Wake();
    }

    /// <summary>The room answered a <see cref="PendingWake"/>.</summary>
    public void Woken() => Volatile.Write(ref _waking, false);

    public void OnEphemeral(long claim, ReadOnlyMemory<byte> frame, string? only, string? except)
    {
        if (!Requests.IsCurrent(claim))
        {
            return;
        }

        foreach (var membership in Members())
        {
            if ((only is null || membership.Caller.Session == only) && membership.Caller.Session != except)
            {
                membership.Outbound.AddDroppable(membership, frame, isMembers: false);
            }
        }
    }

    /// <summary>The list that a first answer brought: what clients here know from now on.</summary>
    public void KnowMembers(ReadOnlySpan<byte> list)
    {
        lock (_lock)
        {
            _roster ??= ServerFrame.ReadMemberList(list).ToDictionary(m => m.Id);
        }
    }

    public void OnMembers(long claim, MemberChange change)
    {
        if (!Requests.IsCurrent(claim))
        {
            return;
        }

        lock (_lock)
        {
            if (change.Kind == MemberChangeKind.Left)
            {
                _roster?.Remove(change.Member.Id);
            }
            else if (_roster is { } roster)
            {
                roster[change.Member.Id] = change.Member;
            }
        }

        Tell(change);
    }

    /// <summary>After a new owner's grace: tells what differs from what the clients know.</summary>
    public void OnRoster(long claim, IReadOnlyList<MemberInfo> members)
    {
        if (!Requests.IsCurrent(claim))
        {
            return;
        }

        Dictionary<string, MemberInfo>? before;
        var now = members.ToDictionary(m => m.Id);
        lock (_lock)
        {
            (before, _roster) = (_roster, _roster is null ? null : now);
        }

        if (before is null)
        {
            return;
        }

        foreach (var gone in before.Values.Where(m => !now.ContainsKey(m.Id)))
        {
            Tell(new MemberChange(MemberChangeKind.Left, gone));
        }

        foreach (var member in members)
        {
            if (!before.TryGetValue(member.Id, out var known))
            {
                Tell(new MemberChange(MemberChangeKind.Joined, member));
            }
            else if (!MemberInfo.SameData(known.Data, member.Data))
            {
                Tell(new MemberChange(MemberChangeKind.Updated, member));
            }
        }
    }

    /// <summary>All the others, to one whose queue dropped changes.</summary>
    public void SendMembers(Membership to)
    {
        lock (_lock)
        {
            var others = (_roster?.Values ?? Enumerable.Empty<MemberInfo>()).Where(m => m.Id != to.MemberId);
            var frame = ServerFrame.AllMembers(Room, others);
            lock (to.Outbound.Lock)
            {
                to.LostMembers = false;
                to.Outbound.AddAnswer(to, frame, 0);
            }
        }
    }

    /// <summary>Everyone but the member it speaks of.</summary>
    void Tell(MemberChange change)
    {
        var frame = ServerFrame.Members(Room, change);
        foreach (var membership in Members())
        {
            if (membership.MemberId != change.Member.Id)
            {
                membership.Outbound.AddDroppable(membership, frame, isMembers: true);
            }
        }
    }

    /// <summary>One at a time: those who ask while one waits for its node mean the same.</summary>
    void Wake()
    {
        if (_followers.Length > 0 && !Interlocked.Exchange(ref _waking, true))
        {
            Send(new PendingWake(this));
        }
    }

    IEnumerable<Membership> Members() => _followers.OfType<Membership>().Where(m => m.IsMember);
}
