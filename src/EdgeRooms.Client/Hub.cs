using EdgeRooms.Client.Commands;
using EdgeRooms.Client.Links;
using EdgeRooms.Client.Protocol;
using EdgeRooms.Client.Rooms;
using EdgeRooms.Client.Sessions;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRooms.Client;

/// <summary>What all rooms of a client share: the link, the session, and who is where. Everything in it happens in turns of the gate.</summary>
sealed class Hub : ILinkOwner
{
    const int FrameBytesDefault = 64 * 1024;

    readonly Dictionary<string, Membership> _rooms = [];
    readonly Pace _pace;
    bool _isStarted;

    public Hub(Uri server, EdgeRoomsClientOptions options, Func<ISocketOwner, ISocket>? dial, Random? random)
    {
        var webSocket = new Uri(SocketBase(server), "rooms?batch=1");
        Logger = options.Logger ?? NullLogger.Instance;
        Time = options.TimeProvider;
        Random = random ?? Random.Shared;
        Gate = new Gate(Logger);
        dial ??= owner => new NetSocket(webSocket, owner, options.ConfigureSocket, Logger);
        Link = new Link(new LinkSettings(options.Token, dial, Time, Gate, Random, Logger), this);
        _pace = new Pace(() => Link.Now);
        OutboxSettings = new OutboxSettings(options.QueueMax, _pace, Time, Gate, Random, () => Link.Now);
        Past = new Past(this, HttpBase(server), options.Token);
        Session = new Session($"edgerooms:{SocketBase(server)}", options.Store, Logger);
    }

    /// <summary>Whom to tell, after the turn.</summary>
    public required Action<LinkStatus> OnStatus { get; init; }

    public required Action<EdgeRoomsException> OnError { get; init; }

    public Gate Gate { get; }

    public Link Link { get; }

    public TimeProvider Time { get; }

    public Random Random { get; }

    public ILogger Logger { get; }

    public Past Past { get; }

    public OutboxSettings OutboxSettings { get; }

    public int FrameBytesMax { get; private set; } = FrameBytesDefault;

    public string? User { get; private set; }

    public Session Session { get; }

    string? ILinkOwner.SessionId => Session.Id;

    /// <summary>A room opened twice is joined once.</summary>
    public Membership Open(string id, RoomOptions options)
    {
        if (Link.Status == LinkStatus.Closed)
        {
            throw new EdgeRoomsException("closed", "The client was closed, or ended by the server; make a new EdgeRoomsClient.", id);
        }

        if (!_rooms.TryGetValue(id, out var membership))
        {
            membership = new Membership(id, options, this);
            _rooms.Add(id, membership);
            if (Link.IsUp)
            {
                membership.Join();
            }
        }

        if (!_isStarted)
        {
            _isStarted = true;
            Link.Connect();
        }

        return membership;
    }

    /// <summary>A membership has ended.</summary>
    public void Forget(Membership membership)
    {
        if (_rooms.GetValueOrDefault(membership.Id) == membership)
        {
            _rooms.Remove(membership.Id);
        }
    }

    /// <summary>Our session is of no use any more: come back without one.</summary>
    public void RenewSession()
    {
        Session.Forget();
        Each(room => room.Outbox.NewSession());
        if (_isStarted)
        {
            Link.Restart();
        }
    }

    public void Close()
    {
        Each(room => room.Close("closed", "the client was closed."));
        Link.Close();
    }

    void ILinkOwner.OnUp() => Each(room => room.Join());

    void ILinkOwner.OnDown() => Each(room => room.Down());

    void ILinkOwner.OnLinkStatus()
    {
        var status = Link.Status;
        Each(room => room.SetStatus());
        Past.OnLinkStatus();
        Gate.Afterwards(() => OnStatus(status));
    }

    void ILinkOwner.OnStop(EdgeRoomsException error)
    {
        if (error.Code == "replaced")
        {
            Session.Forget(); // whoever goes on with it draws numbers that the store here knows nothing of
        }

        Each(room => room.Close(error.Code, error.Message));
        Gate.Afterwards(() => OnError(error));
    }

    void ILinkOwner.OnFrame(ServerFrame frame)
    {
        if (frame.Type == "welcome")
        {
            OnWelcome(frame);
        }
        else if (frame.Room is not null)
        {
            _rooms.GetValueOrDefault(frame.Room)?.OnFrame(frame);
        }
        else if (frame is { Type: "error", Code: not "gone" })
        {
            Logger.ServerSays(frame.Code, frame.Message); // gone is followed by a welcome with a new session
            var error = frame.ToException();
            Gate.Afterwards(() => OnError(error));
        }
    }

    void OnWelcome(ServerFrame frame)
    {
        User = frame.User;
        FrameBytesMax = frame.MaxFrameBytes ?? FrameBytesDefault;
        _pace.Limit(frame.CommandsPerSecond, frame.CommandBurst);
        var adoption = Session.Adopt(frame.Session, frame.User);
        if (adoption == Adoption.OtherUser)
        {
            Each(room => room.Outbox.EndAll("user_changed", $"the token is {frame.User}'s now."));
        }

        if (adoption != Adoption.Same)
        {
            Each(room => room.Outbox.NewSession());
        }
    }

    void Each(Action<Membership> act)
    {
        foreach (var room in _rooms.Values.ToArray())
        {
            act(room);
        }
    }

    static Uri SocketBase(Uri server) => Base(server, server.Scheme switch
    {
        "ws" or "http" => "ws",
        "wss" or "https" => "wss",
        _ => throw new ArgumentException($"'{server}' is no server: give ws://, wss://, http:// or https:// and the host.", nameof(server)),
    });

    static Uri HttpBase(Uri server) => Base(server, server.Scheme is "ws" or "http" ? "http" : "https");

    static Uri Base(Uri server, string scheme) =>
        new UriBuilder(scheme, server.Host, server.IsDefaultPort ? -1 : server.Port, server.AbsolutePath.TrimEnd('/') + "/").Uri;
}
