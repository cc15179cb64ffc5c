using EdgeRooms.Diagnostics;
using EdgeRooms.Rooms;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Cluster.Links;

/// <summary>
/// A node's end of the link from one router. Room loops write from any thread, each its room's messages in order; one receive loop posts the
/// router's requests. Ends with the stream, and then the rooms know that the router is gone. Bounded by the pump: when it is full a room's output
/// to this router is dropped, and when it has drained the router is told where the room is, and reads on from the log (HARD-CASES 25).
/// </summary>
sealed partial class RemoteRouter : IRouterLink
{
    readonly ILinkStream _stream;
    readonly RoomDirectory _rooms;
    readonly ILogger _logger;
    readonly LinkPump _pump;
    readonly Lock _lock = new();
    readonly Dictionary<long, RoomRequest> _open = [];
    readonly Dictionary<long, TaskCompletionSource<IReadOnlyList<FeedReport>>> _asked = [];

    /// <summary>Where each followed room is, and whether its output to this router was cut off.</summary>
    readonly Dictionary<RoomId, Place> _places = [];
    long _lastAsk;
    volatile bool _isOpen = true;

    public RemoteRouter(ILinkStream stream, string name, RoomDirectory rooms, int bytesMax, ILogger logger)
    {
        _stream = stream;
        Name = name;
        _rooms = rooms;
        _logger = logger;
        _pump = new LinkPump(stream, bytesMax) { Drained = GoOn };
    }

    public string Name { get; }

    public bool IsOpen => _isOpen;

    /// <summary>Runs until the stream ends; never throws.</summary>
    public async Task RunAsync()
    {
        var pump = _pump.RunAsync();
        var receive = ReceiveAsync();
        var attach = _rooms.AttachAsync(this); // beside them: a router may break off before it has told its members
        var end = _pump.UntilEndAsync(pump, receive);
        string? why;
        try
        {
            await await Task.WhenAny(end, attach);
            why = await end;
        }
        catch (Exception e)
        {
            why = e.Message;
        }

        _logger.LinkEnded(Name, why);
        _isOpen = false;
        _pump.End();
        _stream.Abort();
        FailAsked();
        await attach.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _rooms.Detach(this);
        await Task.WhenAll(pump, receive).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stream.DisposeAsync();
    }

    /// <summary>Ends the link in order: this node stops.</summary>
    public void Close() => _pump.Close();

    public void Abort() => _stream.Abort();

    public void Events(RoomId room, long claim, EventBatch events)
    {
        lock (_lock)
        {
            if (_places.TryGetValue(room, out var place))
            {
                place.Seq = events.LastSeq;
                place.IsCut = place.IsCut || !_pump.Write(LinkMessage.Events, (room, claim, events), static (to, e) =>
                    to.Room(e.room).Number(e.claim).Number(e.events.FirstSeq).Bytes(e.events.Bytes.Span));
            }
        }
    }

    public void Ephemeral(RoomId room, long claim, ReadOnlyMemory<byte> frame, string? only, string? except) =>
        _pump.Write(LinkMessage.Ephemeral, (room, claim, frame, only, except), static (to, e) =>
            to.Room(e.room).Number(e.claim).Bytes(e.frame.Span).Text(e.only).Text(e.except));

    public void Members(RoomId room, long claim, MemberChange change)
    {
        lock (_lock)
        {
            if (_places.TryGetValue(room, out var place))
            {
                place.IsCut = place.IsCut || !_pump.Write(LinkMessage.Members, (room, claim, change), static (to, m) =>
                    MemberCodec.Write(to.Room(m.room).Number(m.claim).Byte((byte)m.change.Kind), m.change.Member));
            }
        }
    }

    public void Roster(RoomId room, long claim, IReadOnlyList<MemberInfo> members) =>
        _pump.Write(LinkMessage.Roster, (room, claim, members), static (to, r) =>
        {
            to.Room(r.room).Number(r.claim).Number((long)r.members.Count);
            foreach (var member in r.members)
            {
                MemberCodec.Write(to, member);
            }
        }, must: true);

    public void Active(RoomId room, long claim, long epoch, long seq)
    {
        lock (_lock)
        {
            _places[room] = new Place(claim, epoch) { Seq = seq };
            WriteActive(room, _places[room]);
        }
    }

    public void Moved(RoomId room, long claim, string? owner, bool wake)
    {
        lock (_lock)
        {
            _places.Remove(room);
        }

        _pump.Write(LinkMessage.Moved, (room, claim, owner, wake), static (to, m) =>
            to.Room(m.room).Number(m.claim).Text(m.owner).Bool(m.wake), must: true);
    }

    public void Replaced(string session, ConnectionStamp by) =>
        _pump.Write(LinkMessage.Replaced, (session, by), static (to, r) =>
            to.Text(r.session).Number(r.by.Ms).Number(r.by.Number), must: true);

    public ValueTask<IReadOnlyList<FeedReport>> AskAsync(IReadOnlyList<RoomId> rooms)
    {
        var answer = new TaskCompletionSource<IReadOnlyList<FeedReport>>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            long ask = ++_lastAsk;
            _asked.Add(ask, answer);
            _pump.Write(LinkMessage.Ask, (ask, rooms), static (to, a) =>
            {
                to.Number(a.ask).Number((long)a.rooms.Count);
                foreach (var room in a.rooms)
                {
                    to.Room(room);
                }
            }, must: true);
        }

        if (!_isOpen)
        {
            FailAsked();
        }

        return new ValueTask<IReadOnlyList<FeedReport>>(answer.Task);
    }

    void Answer(long id, RoomReply reply)
    {
        lock (_lock)
        {
            if (_open.Remove(id))
            {
                _pump.Write(LinkMessage.Reply, (id, reply), static (to, r) => ReplyCodec.Write(to.Number(r.id), r.reply), must: true);
            }
        }
    }

    /// <summary>The link has drained: rooms that were cut off go on, from where they are now.</summary>
    void GoOn()
    {
        List<RoomId> cut = [];
        lock (_lock)
        {
            foreach (var (room, place) in _places)
            {
                if (place.IsCut)
                {
                    place.IsCut = false;
                    WriteActive(room, place);
                    cut.Add(room);
                }
            }
        }

        cut.ForEach(r => _rooms.SendRoster(r));
    }

    void WriteActive(RoomId room, Place place) =>
        _pump.Write(LinkMessage.Active, (room, place), static (to, a) =>
            to.Room(a.room).Number(a.place.Claim).Number(a.place.Epoch).Number(a.place.Seq), must: true);

    sealed class RemoteRequester(RemoteRouter link, long id) : Requester
    {
        public override void Reply(RoomRequest request, RoomReply reply) => link.Answer(id, reply);
    }

    sealed class Place(long claim, long epoch)
    {
        public long Claim { get; } = claim;

        public long Epoch { get; } = epoch;

        public long Seq { get; set; }

        public bool IsCut { get; set; }
    }
}
