using EdgeRooms.Cluster;
using EdgeRooms.Diagnostics;
using EdgeRooms.Protocol;

namespace EdgeRooms.Sessions;

/// <summary>
/// One client's socket as the protocol sees it. Its receive loop calls <see cref="OnMessageAsync"/>, its pump runs <see cref="Outbound"/>, rooms and
/// the ticker call from elsewhere. It ends with <see cref="OnClosed"/>, when every room has been told. Bounded by the limits; over its unanswered
/// bytes the socket is not read. It promises exactly one answer to each id.
/// </summary>
sealed partial class Connection : IRouterClient
{
    readonly Router _router;
    readonly IConnectionTransport _transport;
    readonly ConnectionOpening _opening;
    readonly long _openedAt;
    readonly Dictionary<RoomId, Membership> _rooms = [];
    readonly AsyncSignal _answered = new();
    readonly Lock _roomsLock = new();
    volatile Principal? _principal;
    Caller? _caller;
    long _unansweredBytes;
    long _lastSeenAt;
    long _lastPingAt;
    long _pingSentAt;
    bool _hasJoined;
    int _badFrames;
    int _closed;

    public Connection(Router router, IConnectionTransport transport, ConnectionOpening opening)
    {
        _router = router;
        _transport = transport;
        _opening = opening;
        Services = router.Services;
        Outbound = new Outbound(transport, Services);
        Stamp = router.NextStamp();
        _openedAt = _lastSeenAt = _lastPingAt = Services.Clock.GetTimestamp();
    }

    public RouterServices Services { get; }

    public Outbound Outbound { get; }

    public ConnectionStamp Stamp { get; }

    public string Id => $"{Services.NodeName}-{Stamp.Number}";

    /// <summary>Starts: welcomes who came with a good token, and joins the room of the address.</summary>
    public void Open()
    {
        _router.Add(this);
        if (_opening.Principal is { } principal)
        {
            Authenticated(principal, _opening.Session);
        }
        else if (_opening.HadToken)
        {
            Unauthenticated("Invalid token");
        }
    }

    /// <summary>Any sign of life from the peer. Any thread.</summary>
    public void Saw() => Volatile.Write(ref _lastSeenAt, Services.Clock.GetTimestamp());

    /// <summary>The socket is gone: rooms are told, at once where the client closed with 1000, else by the grace.</summary>
    public void OnClosed(bool normally)
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        Outbound.Close(CloseCode.Normal, "");
        List<Membership> left;
        lock (_roomsLock)
        {
            left = [.. _rooms.Values];
            _rooms.Clear();
        }

        foreach (var membership in left)
        {
            Leave(membership, null, broke: !normally, LeaveReason.Left);
        }

        if (_caller is { } caller)
        {
            _router.ReleaseSession(caller.Session, this);
            Services.Users.RemoveConnection(caller.User);
        }

        _router.Remove(this);
        _answered.Set();
    }

    public void OnTick()
    {
        Outbound.CutIfStuck();
        var limits = Services.Limits;
        if (_principal is not { } principal)
        {
            if (Services.Clock.GetElapsedTime(_openedAt) > TimeSpan.FromSeconds(limits.AuthenticationSeconds))
            {
                Unauthenticated("Missing auth token");
            }
        }
        else if (principal.ExpiresAt <= Services.Clock.GetUtcNow())
        {
            Fail(new RoomError(ErrorCode.Unauthenticated, "The token is over; come back with a fresh one."), CloseCode.TokenExpired, "token expired");
        }

        if (_pingSentAt != 0 && Volatile.Read(ref _lastSeenAt) >= _pingSentAt)
        {
            _pingSentAt = 0;
        }

        if (_pingSentAt != 0 && Services.Clock.GetElapsedTime(_pingSentAt) > TimeSpan.FromSeconds(limits.PongSeconds))
        {
            Outbound.Close(CloseCode.NoPong, "no pong");
        }
        else if (_pingSentAt == 0 && Services.Clock.GetElapsedTime(_lastPingAt) >= TimeSpan.FromSeconds(limits.PingSeconds))
        {
            Ping();
        }
    }

    public void GoAway(int minDelayMs, int maxDelayMs)
    {
        Outbound.Add(ServerFrame.GoAway("drain", minDelayMs, maxDelayMs));
        Outbound.Close(CloseCode.Restart, "restart");
    }

    public Principal? Principal => _principal;

    /// <summary>The session's key; null before the welcome.</summary>
    public string? Session => _caller?.Session;

    public void Kick(string why) => Fail(new RoomError(ErrorCode.Forbidden, why), CloseCode.Kicked, "kicked");

    public void Cut() => _transport.Abort();

    public void SendError(RoomError error, long? id = null, RoomId? room = null, long? cmd = null)
    {
        Services.Meters.Error(error.Code);
        Outbound.Add(ServerFrame.Error(id, room, cmd, error));
    }

    /// <summary>A command was answered, so its bytes no longer count.</summary>
    public void Answered(int bytes)
    {
        if (Interlocked.Add(ref _unansweredBytes, -Weight(bytes)) <= Services.Limits.UnansweredBytes)
        {
            _answered.Set();
        }
    }

    static int Weight(int bytes) => bytes + 256;

    void Ping()
    {
        _lastPingAt = _pingSentAt = Services.Clock.GetTimestamp();
        foreach (var membership in Memberships())
        {
            lock (Outbound.Lock)
            {
                if (membership.IsLive)
                {
                    Outbound.AddAnswer(membership, ServerFrame.HeadOf(membership.Room, membership.Next - 1), 0);
                }
            }
        }

        // Observed: a socket that cannot be pinged shows the same on its next read.
        _ = _transport.PingAsync().AsTask().ContinueWith(static t => t.Exception, TaskScheduler.Default);
    }

    Membership[] Memberships()
    {
        lock (_roomsLock)
        {
            return [.. _rooms.Values];
        }
    }

    void Authenticated(Principal principal, string? session)
    {
        if (!Services.Users.TryAddConnection(principal.User))
        {
            Fail(new RoomError(ErrorCode.OverLimit, "Too many connections of this user; close some first."), CloseCode.OverCapacity, "too many connections");
            return;
        }

        _principal = principal;
        Welcome(principal, session);
        if (_opening.Room is { } room)
        {
            Join(new ClientFrame { Type = "join", Room = room.ToString(), Since = _opening.Since, Epoch = _opening.Epoch, History = _opening.History });
        }
    }

    /// <summary>Names the session, a new one where none or a bad one was brought, and takes it over from an older connection.</summary>
    void Welcome(Principal principal, string? session)
    {
        string? key = string.IsNullOrEmpty(session) ? null : Services.Sessions.Check(session, principal.User);
        if (key is null && !string.IsNullOrEmpty(session))
        {
            SendError(new RoomError(ErrorCode.Gone, "That session is unknown, not yours, or over 30 days old; here is a new one."));
        }

        if (key is null)
        {
            session = Services.Sessions.Issue(principal.User, out key);
        }

        if (_caller is { } before)
        {
            _router.ReleaseSession(before.Session, this);
        }

        _caller = new Caller(key, Stamp, principal.User, principal.DisplayName);
        _router.TakeSession(key, this)?.Outbound.Close(CloseCode.Replaced, Router.ReplacedReason);
        Outbound.Add(ServerFrame.Welcome(session!, Id, principal.User, Services.NodeName, Services.Limits, principal.ExpiresAt));
        Services.Logger.ConnectionOpened(Id, principal.User);
    }

    void Unauthenticated(string reason) =>
        Fail(new RoomError(ErrorCode.Unauthenticated, $"{reason}: bring a JWT by Authorization, subprotocol, ?token= or hello."), CloseCode.Policy, reason);

    void Fail(RoomError error, int code, string reason)
    {
        if (!Outbound.IsClosing)
        {
            SendError(error);
            Outbound.Close(code, reason);
        }
    }
}

/// <summary>What a client's request for a socket said.</summary>
/// <param name="Principal">Who its token speaks for; null where it had none, or a bad one.</param>
/// <param name="HadToken">Whether it had a token, good or bad.</param>
/// <param name="Session">A session id to come back as.</param>
/// <param name="Room">The room of the address; null for <c>/rooms</c>.</param>
sealed record ConnectionOpening(
    Principal? Principal, bool HadToken, string? Session, RoomId? Room, long? Since = null, long? Epoch = null, long? History = null);
