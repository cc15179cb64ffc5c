using EdgeRooms.Cluster;

namespace EdgeRooms.Rooms;

/// <summary>A room's members by session. Owned by the room's loop; bounded by the kind's <c>MaxMembers</c>.</summary>
sealed class MemberTable
{
    readonly Dictionary<string, Seat> _seats = [];
    readonly Dictionary<string, Seat> _byMember = [];

    public int Count => _seats.Count;

    public IReadOnlyCollection<Member> Members => _byMember.Count == 0 ? [] : new MemberView(_seats.Values);

    public IEnumerable<Seat> Seats => _seats.Values;

    public IEnumerable<MemberInfo> Infos => _seats.Values.Select(s => s.Member.Info);

    public Seat? Find(string session) => _seats.GetValueOrDefault(session);

    public Seat? FindMember(string member) => _byMember.GetValueOrDefault(member);

    public void Add(Seat seat)
    {
        _seats[seat.Session] = seat;
        _byMember[seat.Member.Id] = seat;
    }

    public void Remove(Seat seat)
    {
        _seats.Remove(seat.Session);
        _byMember.Remove(seat.Member.Id);
    }

    /// <summary>The earliest end of a grace, or null where every member's socket is open.</summary>
    public DateTimeOffset? EarliestLeave()
    {
        DateTimeOffset? earliest = null;
        foreach (var seat in _seats.Values)
        {
            if (seat.LeavesAt is { } at && !(at >= earliest))
            {
                earliest = at;
            }
        }

        return earliest;
    }

    sealed class MemberView(Dictionary<string, Seat>.ValueCollection seats) : IReadOnlyCollection<Member>
    {
        public int Count => seats.Count;

        public IEnumerator<Member> GetEnumerator()
        {
            foreach (var seat in seats)
            {
                yield return seat.Member;
            }
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

/// <summary>A member's seat: its session, the router and stamp of the connection it is on, and when it leaves if the socket is gone.</summary>
sealed class Seat(string session, Member member, ConnectionStamp stamp)
{
    public string Session { get; } = session;

    public Member Member { get; } = member;

    public ConnectionStamp Stamp { get; set; } = stamp;

    /// <summary>Where its connection is; null where it has none.</summary>
    public IRouterLink? Router { get; set; }

    /// <summary>The end of its grace; null while its socket is open.</summary>
    public DateTimeOffset? LeavesAt { get; set; }
}
