using System.Text.Json;

using EdgeRooms.Client.Commands;
using EdgeRooms.Client.Links;
using EdgeRooms.Client.Protocol;
using EdgeRooms.Client.Sessions;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Client.Rooms;

/// <summary>
/// A client's place in one room, shared by all handles that were opened for it: joins on each connection, reads the stream without a hole or a repeat, keeps members
/// and state. Driven by its hub in turns of the gate; ends when the last handle has left and no command waits, or when the server refuses it.
/// </summary>
sealed partial class Membership : IOutboxOwner
{
    readonly Hub _hub;
    readonly Timers _timers;
    readonly Healing _healing;
    readonly Position _position = new();
    readonly StateView _state = new();

    /// <summary>Handles to tell, and where their readers' events go; both grow with what the user opens.</summary>
    readonly List<Room> _handles = [];
    readonly List<EventFeed> _feeds = [];
    readonly int _history;
    JsonElement _presence;
    IReadOnlyList<RoomMember> _members = [];
    bool _isJoined;
    bool _wasLive;
    bool _isClosed;
    int _joinsRefused;
    long _head;
    EdgeRoomsException? _error;

    public Membership(string id, RoomOptions options, Hub hub)
    {
        Id = id;
        _hub = hub;
        _history = options.History;
        _presence = options.Presence;
        _timers = new Timers(hub.Time, hub.Gate);
        _healing = new Healing(_position, hub.Link, id, OnEvent);
        var kept = hub.Session.CommandsOf(id, out bool isLost);
        Outbox = new Outbox(this, hub.OutboxSettings, kept);
        if (kept is not null && kept.Session != hub.Session.Id)
        {
            Outbox.NewSession();
        }

        if (isLost)
        {
            hub.RenewSession();
        }
    }

    public string Id { get; }

    public Outbox Outbox { get; }

    public RoomStatus Status { get; private set; } = RoomStatus.Connecting;

    public long Seq => _position.Seq;

    public string? Epoch => _position.Epoch;

    public string? Me { get; private set; }

    /// <summary>Replaced whole at each change.</summary>
    public IReadOnlyList<RoomMember> Members => _members;

    /// <summary>The room's last event as the server told it.</summary>
    public long Head => Math.Max(_head, _position.Seq);

    int IOutboxOwner.FrameBytesMax => _hub.FrameBytesMax;

    bool IOutboxOwner.IsCongested => _hub.Link.IsCongested;

    // ---- its handles ----

    public void Acquire(Room handle, RoomOptions options)
    {
        _handles.Add(handle);
        if (options.Presence.ValueKind != JsonValueKind.Undefined && _handles.Count > 1)
        {
            Presence(options.Presence);
        }
    }

    /// <summary>The last one ends the membership when its commands are answered.</summary>
    public void Release(Room handle)
    {
        _handles.Remove(handle);
        LeaveIfDone();
    }

    public void Add(EventFeed feed)
    {
        if (_isClosed)
        {
            feed.End(_error);
        }
        else
        {
            _feeds.Add(feed);
        }
    }

    public void Forget(EventFeed feed) => _feeds.Remove(feed);

    /// <summary>Outside of turns: events that a slow reader's feed has let pass.</summary>
    public async Task<ServerFrame> PageForFeedAsync(long after, int limit, CancellationToken cancellation)
    {
        try
        {
            return await _hub.Past.PageAsync(Id, after, limit, cancellation).ConfigureAwait(false);
        }
        catch (EdgeRoomsException e) when (e.Code == "forbidden")
        {
            throw new EdgeRoomsException("behind", "Events came faster than they were read, and reading the rest needs the right 'history'. Read faster, or grant it.", Id, inner: e);
        }
    }

    public void Presence(JsonElement data)
    {
        _presence = data;
        if (_isJoined)
        {
            _hub.Link.TryWrite(new ClientFrame("presence") { Room = Id, Data = data });
        }
    }

    /// <summary>Dropped while there is no connection, as it may be anyway.</summary>
    public void Say(string name, JsonElement data)
    {
        if (_isJoined)
        {
            _hub.Link.TryWrite(new ClientFrame("ephemeral") { Room = Id, Name = name, Data = data });
        }
    }

    // ---- the connection ----

    /// <summary>The socket is open: ask to be let in.</summary>
    public void Join()
    {
        if (_isClosed)
        {
            return;
        }

        SetStatus();
        var join = new ClientFrame("join")
        {
            Room = Id,
            Since = _position.Since,
            Epoch = _position.Since is null ? null : _position.Epoch,
            History = _history > 0 ? _history : null,
            Data = _presence,
        };
        _hub.Link.Request(join, OnJoinAnswer);
    }

    public void Down()
    {
        _isJoined = false;
        _timers.ClearAll();
        _healing.Stop();
        Outbox.Shut();
    }

    /// <summary>Ends it; what waits is refused.</summary>
    public void Close(string code, string why)
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _error = code == "closed" ? null : new EdgeRoomsException(code, why, Id);
        Down();
        _hub.Forget(this);
        Outbox.EndAll(code, why);
        foreach (var feed in _feeds)
        {
            feed.End(_error);
        }

        if (_error is not null)
        {
            _hub.Logger.RoomEnded(Id, code, why);
            TellError(_error);
        }

        SetStatus();
    }

    public void SetStatus()
    {
        var link = _hub.Link.Status;
        var status = _isClosed || link == LinkStatus.Closed ? RoomStatus.Closed
            : _isJoined ? RoomStatus.Live
            : link == LinkStatus.Offline ? RoomStatus.Offline
            : _wasLive ? RoomStatus.Resuming : RoomStatus.Connecting;
        if (status != Status)
        {
            Status = status;
            Tell(handle => handle.OnStatus(status));
        }
    }

    // ---- for its outbox ----

    void IOutboxOwner.Request(ClientFrame frame, Action<ServerFrame?> answer) => _hub.Link.Request(frame, answer);

    void IOutboxOwner.OnAck(long seq) => _healing.Sees(seq);

    void IOutboxOwner.Save(Func<StoredCommands> read) => _hub.Session.Save(Id, read);

    void IOutboxOwner.OnSettled() => LeaveIfDone();

    void IOutboxOwner.OnRefused(EdgeRoomsException error)
    {
        if (_handles.Count == 0)
        {
            _hub.Logger.Unheard(error.Code, error.Message); // of an earlier process, and only being opened
        }

        TellError(error);
    }

    void IOutboxOwner.Restart() => _hub.Link.Restart();

    void IOutboxOwner.RenewSession() => _hub.RenewSession();

    void LeaveIfDone()
    {
        if (_handles.Count > 0 || _isClosed || !Outbox.IsEmpty)
        {
            return;
        }

        if (_hub.Link.IsUp)
        {
            _hub.Link.Request(new ClientFrame("leave") { Room = Id }, _ => { }); // also where the join is still on its way
        }

        Close("closed", "the room was left.");
    }

    void TellError(EdgeRoomsException error) => Tell(handle => handle.OnError(error));

    void Tell(Action<Room> tell)
    {
        foreach (var handle in _handles)
        {
            _hub.Gate.Afterwards(() => tell(handle));
        }
    }
}
