using EdgeRooms.Cluster;
using EdgeRooms.Protocol;

namespace EdgeRooms.Sessions;

/// <summary>What each client frame does.</summary>
sealed partial class Connection
{
    const int NameLengthMax = 128;
    const int PageEventsMax = 500;

    /// <summary>One message of the client, with one or several frames; ends when the next may be read.</summary>
    public async ValueTask OnMessageAsync(ReadOnlyMemory<byte> message)
    {
        while (!message.IsEmpty && !Outbound.IsClosing)
        {
            ClientFrame? frame;
            try
            {
                var rest = message.Span;
                int before = rest.Length;
                try
                {
                    frame = FrameReader.Read(ref rest);
                }
                finally
                {
                    message = message[(before - rest.Length)..];
                }
            }
            catch (FrameException e)
            {
                BadFrame(e.Id, e.Message);
                continue;
            }

            if (frame is null)
            {
                return;
            }

            await HandleAsync(frame);
        }
    }

    /// <summary>A message that is no text.</summary>
    public void OnBinary() => BadFrame(null, "Messages are text; this one was binary.");

    public void OnTooLarge() => Fail(
        new RoomError(ErrorCode.TooLarge, $"A message has at most {Services.Limits.FrameBytes} bytes."), CloseCode.TooBig, "message too big");

    public void JoinRefused(Membership membership, long? id, RoomError error, bool again)
    {
        SendError(error, id, membership.Room);
        if (!again)
        {
            lock (_roomsLock)
            {
                if (_rooms.TryGetValue(membership.Room, out var known) && known == membership)
                {
                    _rooms.Remove(membership.Room);
                }
            }

            membership.Feed.Forget(membership);
            Outbound.Detach(membership);
        }
    }

    /// <summary>The room let in who had been told to ask again. Unless it has asked meanwhile, it leaves.</summary>
    public void JoinedTooLate(Membership membership)
    {
        lock (_roomsLock)
        {
            if (_rooms.ContainsKey(membership.Room))
            {
                return;
            }
        }

        membership.IsLeaving = true;
        _router.Feed(membership.Room, feed => feed.Send(new PendingLeave(membership, null, broke: false, LeaveReason.Left)));
    }

    public void Left(Membership membership, long? id, bool tell)
    {
        Outbound.Detach(membership);
        if (tell)
        {
            Outbound.Add(ServerFrame.Left(id, membership.Room));
        }
    }

    async ValueTask HandleAsync(ClientFrame frame)
    {
        if (frame.Type == "hello")
        {
            await HelloAsync(frame);
            return;
        }

        if (_principal is null)
        {
            SendError(new RoomError(ErrorCode.Unauthenticated, "Say hello with a token first."), frame.Id);
            return;
        }

        switch (frame.Type)
        {
            case "send":
                await SendAsync(frame);
                break;
            case "ephemeral":
                Ephemeral(frame);
                break;
            case "join":
                Join(frame);
                break;
            case "leave":
                LeaveRoom(frame);
                break;
            case "skip":
                Skip(frame);
                break;
            case "presence":
                Presence(frame);
                break;
            case "history":
                await HistoryAsync(frame);
                break;
            case "auth":
                await AuthAsync(frame);
                break;
            case "ping":
                Good();
                Outbound.Add(ServerFrame.Pong(frame.Id));
                break;
            default:
                Good();
                SendError(new RoomError(ErrorCode.UnknownType, "There is no frame of this type; see PROTOCOL.md."), frame.Id);
                break;
        }
    }

    async ValueTask HelloAsync(ClientFrame frame)
    {
        Good();
        if (_principal is { } known)
        {
            if (frame.Session is null)
            {
                return; // a greeting only
            }

            if (_hasJoined)
            {
                BadFrame(frame.Id, "A hello with a session comes before the first join.");
                return;
            }

            Welcome(known, frame.Session);
            return;
        }

        if (string.IsNullOrEmpty(frame.Token))
        {
            Unauthenticated("Missing auth token");
        }
        else if (await Services.Tokens.ValidateAsync(frame.Token) is { } principal)
        {
            Authenticated(principal, frame.Session ?? _opening.Session);
        }
        else
        {
            Unauthenticated("Invalid token");
        }
    }

    void Join(ClientFrame frame)
    {
        if (!TryRoom(frame, out var room))
        {
            return;
        }

        if (Services.Kinds.Find(room.Kind) is not { } kind)
        {
            RefuseJoin(frame.Id, room, new RoomError(ErrorCode.UnknownKind, $"There is no kind '{room.Kind}' here."), CloseCode.UnknownKind);
            return;
        }

        var needed = Right.Join | (frame is { History: > 0, Since: null } ? Right.History : Right.None);
        if (!_principal!.Rights.Allow(room, needed))
        {
            RefuseJoin(frame.Id, room, new RoomError(ErrorCode.Forbidden, $"The token does not grant '{Name(needed)}' in {room}."), CloseCode.Forbidden);
            return;
        }

        Membership membership;
        bool again;
        lock (_roomsLock)
        {
            again = _rooms.TryGetValue(room, out membership!);
            if (!again && _rooms.Count >= Services.Limits.RoomsPerConnection)
            {
                SendError(new RoomError(
                    ErrorCode.OverLimit, $"A connection has at most {Services.Limits.RoomsPerConnection} rooms; leave one first."), frame.Id, room);
                return;
            }
        }

        _hasJoined = true;
        _router.Feed(room, feed =>
        {
            if (!again)
            {
                membership = new Membership(this, feed, kind, _caller!);
                lock (_roomsLock)
                {
                    _rooms[room] = membership;
                }

                Outbound.Attach(membership);
                feed.Add(membership);
            }

            membership.PresenceData = frame.DataElement ?? membership.PresenceData;

            // Beside a since, history counts only where the since cannot be served, and only with the right.
            int history = _principal.Rights.Allow(room, Right.History) ? (int)Math.Clamp(frame.History ?? 0, 0, Services.Limits.ResumeEvents) : 0;
            feed.Send(new PendingJoin(membership, frame.Id, frame.Since, frame.Epoch, history, again));
        });
    }

    void RefuseJoin(long? id, RoomId room, RoomError error, int close)
    {
        if (_opening.Room == room && !_hasJoined)
        {
            SendError(error, id, room);
            Outbound.Close(close, error.Code);
        }
        else
        {
            SendError(error, id, room);
        }
    }

    async ValueTask SendAsync(ClientFrame frame)
    {
        if (!TryMembership(frame, Right.Send, out var membership))
        {
            return;
        }

        if (string.IsNullOrEmpty(frame.Name) || frame.Name.Length > NameLengthMax)
        {
            BadFrame(frame.Id, $"A send has a 'name' of 1 to {NameLengthMax} characters.");
            return;
        }

        if (frame.Cmd <= 0)
        {
            BadFrame(frame.Id, "A 'cmd' is a number from 1 on.");
            return;
        }

        if (frame.Cmd is { } number && membership.Admit(number, Services.Limits.UnansweredCommands) is { } refusal)
        {
            SendError(refusal, frame.Id, membership.Room, number);
            return;
        }

        if (Services.Users.TakeCommand(_principal!.User) is { } wait)
        {
            if (frame.Cmd is { } limited)
            {
                membership.Refuse(limited);
                membership.Settle(limited);
            }

            SendError(new RoomError(
                ErrorCode.RateLimited, $"At most {Services.Limits.CommandsPerSecond} commands a second; wait.", Retry: true, (int)wait.TotalMilliseconds),
                frame.Id, membership.Room, frame.Cmd);
            return;
        }

        Interlocked.Add(ref _unansweredBytes, Weight(frame.Data.Length));
        membership.Feed.Send(new PendingCommand(membership, frame.Id, frame.Cmd, frame.Name, frame.Data, frame.Epoch));
        while (Interlocked.Read(ref _unansweredBytes) > Services.Limits.UnansweredBytes && _closed == 0)
        {
            await _answered.WaitAsync();
        }
    }

    void Ephemeral(ClientFrame frame)
    {
        if (!TryMembership(frame, Right.Ephemeral, out var membership))
        {
            return;
        }

        if (string.IsNullOrEmpty(frame.Name) || frame.Name.Length > NameLengthMax)
        {
            BadFrame(frame.Id, $"An ephemeral has a 'name' of 1 to {NameLengthMax} characters.");
        }
        else if (Services.Users.TakeEphemeral(_principal!.User))
        {
            membership.Feed.Requests.Pass(new EphemeralRequest(membership.Room, membership.Caller, NoReply.Instance, frame.Name, frame.Data));
        }
    }

    void Presence(ClientFrame frame)
    {
        if (TryMembership(frame, Right.Join, out var membership) && Services.Users.TakeEphemeral(_principal!.User))
        {
            membership.PresenceData = frame.DataElement;
            membership.Feed.Requests.Pass(new PresenceRequest(membership.Room, membership.Caller, NoReply.Instance, membership.PresenceData));
        }
    }

    void LeaveRoom(ClientFrame frame)
    {
        if (TryMembership(frame, Right.None, out var membership))
        {
            lock (_roomsLock)
            {
                _rooms.Remove(membership.Room);
            }

            Leave(membership, frame.Id, broke: false, LeaveReason.Left);
        }
    }

    static void Leave(Membership membership, long? id, bool broke, LeaveReason reason)
    {
        membership.IsLeaving = true;
        membership.Feed.Send(new PendingLeave(membership, id, broke, reason));
    }

    void Skip(ClientFrame frame)
    {
        if (!TryMembership(frame, Right.Send, out var membership))
        {
            return;
        }

        if (frame.Cmd is not > 0)
        {
            BadFrame(frame.Id, "A skip names the 'cmd' that it gives up.");
            return;
        }

        membership.Feed.Send(new PendingSkip(membership, frame.Id, frame.Cmd.Value));
    }

    async ValueTask HistoryAsync(ClientFrame frame)
    {
        if (!TryRoom(frame, out var room))
        {
            return;
        }

        if (Services.Kinds.Find(room.Kind) is not { } kind)
        {
            SendError(new RoomError(ErrorCode.UnknownKind, $"There is no kind '{room.Kind}' here."), frame.Id, room);
            return;
        }

        if (!_principal!.Rights.Allow(room, Right.History))
        {
            SendError(new RoomError(ErrorCode.Forbidden, $"The token does not grant 'history' in {room}."), frame.Id, room);
            return;
        }

        if (frame.After < 0 || frame.Limit < 1)
        {
            BadFrame(frame.Id, "A history has an 'after' from 0 on and a 'limit' of 1 to 500.");
            return;
        }

        try
        {
            using var limit = new CancellationTokenSource(Services.Engine.RequestTimeout, Services.Clock);
            var page = await HistoryPage.ReadAsync(Services.Log, kind, room, frame.After ?? 0, (int)Math.Min(frame.Limit ?? 100, PageEventsMax), limit.Token);
            Outbound.Add(ServerFrame.Page(frame.Id, room, page.Frames, page.More));
        }
        catch (Exception e) when (Events.Outage.Is(e))
        {
            SendError(new RoomError(ErrorCode.Unavailable, "The room's store did not answer in time; ask again.", Retry: true, RetryAfterMs: 500), frame.Id, room);
        }
    }

    async ValueTask AuthAsync(ClientFrame frame)
    {
        Good();
        var known = _principal!;
        if (string.IsNullOrEmpty(frame.Token) || await Services.Tokens.ValidateAsync(frame.Token) is not { } fresh)
        {
            SendError(new RoomError(ErrorCode.Unauthenticated, "That token is bad or over; the connection goes on with the one before."), frame.Id);
            return;
        }

        if (fresh.User != known.User)
        {
            SendError(new RoomError(ErrorCode.Forbidden, "That token is another user's; open a connection of its own."), frame.Id);
            return;
        }

        _principal = fresh;
        Outbound.Add(ServerFrame.Authed(frame.Id, fresh.ExpiresAt));
        foreach (var membership in Memberships())
        {
            if (!fresh.Rights.Allow(membership.Room, Right.Join))
            {
                SendError(new RoomError(ErrorCode.Forbidden, $"The new token does not grant 'join' in {membership.Room}."), null, membership.Room);
                lock (_roomsLock)
                {
                    _rooms.Remove(membership.Room);
                }

                Leave(membership, null, broke: false, LeaveReason.Removed);
            }
        }
    }

    bool TryMembership(ClientFrame frame, Right needed, out Membership membership)
    {
        membership = null!;
        if (!TryRoom(frame, out var room))
        {
            return false;
        }

        Membership? found;
        lock (_roomsLock)
        {
            _rooms.TryGetValue(room, out found);
        }

        if (found is null)
        {
            SendError(new RoomError(ErrorCode.NotJoined, $"Join {room} first."), frame.Id, room, frame.Cmd);
            return false;
        }

        if (needed != Right.None && !_principal!.Rights.Allow(room, needed))
        {
            SendError(new RoomError(ErrorCode.Forbidden, $"The token does not grant '{Name(needed)}' in {room}."), frame.Id, room, frame.Cmd);
            return false;
        }

        membership = found;
        return true;
    }

    bool TryRoom(ClientFrame frame, out RoomId room)
    {
        Good();
        if (frame.Room is null && _opening.Room is { } single)
        {
            room = single;
            return true;
        }

        if (RoomId.TryParse(frame.Room, out room))
        {
            return true;
        }

        SendError(new RoomError(
            ErrorCode.InvalidRoom, "A room is kind/name: kind of a-z, 0-9 and -, name of letters, digits, _ and -."), frame.Id, null, frame.Cmd);
        return false;
    }

    void Good() => _badFrames = 0;

    void BadFrame(long? id, string message)
    {
        _badFrames++;
        if (_badFrames >= Services.Limits.BadFramesInARow)
        {
            Fail(new RoomError(ErrorCode.BadFrame, message), CloseCode.Protocol, "too many malformed frames");
        }
        else
        {
            SendError(new RoomError(ErrorCode.BadFrame, message), id);
        }
    }

    static string Name(Right right) => right switch
    {
        Right.Join | Right.History => "join, history",
        _ => right.ToString().ToLowerInvariant(),
    };
}
