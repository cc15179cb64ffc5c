using EdgeRooms.Diagnostics;
using EdgeRooms.Protocol;
using EdgeRooms.Sessions;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Cluster.Links;

/// <summary>
/// A router's end of the link to one boot of a node. Feeds post from any thread; one receive loop delivers what the node says, in its order. Ends
/// with the stream; its keeper then tells the router, so that what was under way goes elsewhere. Bounded by the pump: over it requests are refused with
/// <c>overloaded</c>.
/// </summary>
sealed class RemoteNode(ILinkStream stream, ClusterMember node, Router router, int bytesMax, ILogger logger) : INodeLink
{
    readonly LinkPump _pump = new(stream, bytesMax);
    readonly Dictionary<long, RoomRequest> _open = [];
    readonly Lock _lock = new();
    long _lastId;
    bool _ended;

    public string NodeName => node.Name;

    public ClusterMember Node => node;

    /// <summary>Runs until the stream ends; never throws.</summary>
    public async Task RunAsync()
    {
        var pump = _pump.RunAsync();
        var receive = ReceiveAsync();
        logger.LinkEnded(NodeName, await _pump.UntilEndAsync(pump, receive));
        lock (_lock)
        {
            _ended = true;
            _open.Clear();
        }

        _pump.End();
        stream.Abort();
        await Task.WhenAll(pump, receive).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await stream.DisposeAsync();
    }

    /// <summary>Ends the link in order: this router stops, or the node has left.</summary>
    public void Close() => _pump.Close();

    /// <summary>Ends the link at once: the view says that the node is dead.</summary>
    public void Abort() => stream.Abort();

    public RoomReply? Post(RoomRequest request)
    {
        bool expectsReply = request is not (EphemeralRequest or PresenceRequest or FollowRequest);
        long id;
        lock (_lock)
        {
            if (_ended)
            {
                return new BouncedReply(null);
            }

            id = ++_lastId;
            if (expectsReply)
            {
                _open.Add(id, request);
            }

            // Under the lock, so that requests go in the order of their numbers. A leave and a follow must go; the rest may be refused.
            if (_pump.Write(LinkMessage.Request, (id, request), static (to, r) => RequestCodec.Write(to.Number(r.id), r.request),
                must: request is LeaveRequest or FollowRequest))
            {
                return null;
            }

            _open.Remove(id);
        }

        return new ErrorReply(new RoomError(
            ErrorCode.Overloaded, "The way to the room's node is full; send again in a moment.", Retry: true, RetryAfterMs: 250));
    }

    /// <summary>The request stays open: it is answered all the same, and a join that came too late must be heard of.</summary>
    public void Cancel(RoomRequest request)
    {
        lock (_lock)
        {
            // Rare, so a search will do: only requests that waited for seconds are given up.
            if (_open.FirstOrDefault(o => ReferenceEquals(o.Value, request)) is { Value: not null, Key: var id })
            {
                _pump.Write(LinkMessage.Cancel, id, static (to, gone) => to.Number(gone), must: true);
            }
        }
    }

    public void Unfollow(RoomId room) => _pump.Write(LinkMessage.Unfollow, room, static (to, r) => to.Room(r), must: true);

    async Task ReceiveAsync()
    {
        while (await stream.ReceiveAsync() is { } batch)
        {
            Deliver(batch);
        }
    }

    void Deliver(ReadOnlyMemory<byte> batch)
    {
        var messages = new LinkReader(batch);
        while (!messages.IsAtEnd)
        {
            var (type, fields) = messages.Message();
            var from = new LinkReader(fields);
            switch (type)
            {
                case LinkMessage.Reply:
                    Reply(ref from);
                    break;
                case LinkMessage.Ask:
                    Report(ref from);
                    break;
                case LinkMessage.Replaced:
                    router.OnReplaced(from.Text(), new ConnectionStamp(from.Number(), from.Number()));
                    break;
                case LinkMessage.Events or LinkMessage.Ephemeral or LinkMessage.Members or LinkMessage.Roster or LinkMessage.Active
                    or LinkMessage.Moved:
                    var room = from.Room();
                    if (router.FindFeed(room) is { } feed)
                    {
                        Deliver(type, feed, ref from);
                    }

                    break;
            }
        }
    }

    void Deliver(LinkMessage type, RoomFeed feed, ref LinkReader from)
    {
        long claim = from.Number();
        switch (type)
        {
            case LinkMessage.Events:
                feed.OnEvents(claim, EventBatch.Parse(from.Number(), from.Bytes()).Alone());
                break;
            case LinkMessage.Ephemeral:
                feed.OnEphemeral(claim, from.Bytes(), from.OptionalText(), from.OptionalText());
                break;
            case LinkMessage.Members:
                feed.OnMembers(claim, new MemberChange((MemberChangeKind)from.Byte(), MemberCodec.Read(ref from)));
                break;
            case LinkMessage.Roster:
                feed.OnRoster(claim, MemberCodec.ReadList(ref from));
                break;
            case LinkMessage.Active:
                feed.OnActive(this, claim, from.Number(), from.Number());
                break;
            case LinkMessage.Moved:
                feed.OnMoved(this, claim, from.OptionalText(), from.Bool());
                break;
        }
    }

    void Reply(ref LinkReader from)
    {
        long id = from.Number();
        var reply = ReplyCodec.Read(ref from);
        RoomRequest? request;
        lock (_lock)
        {
            _open.Remove(id, out request);
        }

        request?.From.Reply(request, reply);
    }

    void Report(ref LinkReader from)
    {
        long ask = from.Number();
        var rooms = new RoomId[from.Count()];
        for (int i = 0; i < rooms.Length; i++)
        {
            rooms[i] = from.Room();
        }

        _pump.Write(LinkMessage.Reports, (ask, Reports: router.Report(rooms)), static (to, answer) =>
        {
            to.Number(answer.ask).Number((long)answer.Reports.Count);
            foreach (var report in answer.Reports)
            {
                RequestCodec.Write(to, report);
            }
        }, must: true);
    }
}

/// <summary>Members as link fields.</summary>
static class MemberCodec
{
    public static void Write(LinkWriter to, MemberInfo member) => to.Text(member.Id).Text(member.User).Json(member.Data);

    public static MemberInfo Read(ref LinkReader from) => new(from.Text(), from.Text(), from.Json());

    public static MemberInfo[] ReadList(ref LinkReader from)
    {
        var members = new MemberInfo[from.Count()];
        for (int i = 0; i < members.Length; i++)
        {
            members[i] = Read(ref from);
        }

        return members;
    }
}
