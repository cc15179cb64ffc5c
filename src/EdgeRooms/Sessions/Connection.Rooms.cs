using EdgeRooms.Cluster;
using EdgeRooms.Protocol;

namespace EdgeRooms.Sessions;

/// <summary>How a client enters a room, shows itself there, and leaves.</summary>
sealed partial class Connection
{
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

    void Presence(ClientFrame frame)
    {
        if (TryMembership(frame, Right.Join, out var membership) && Services.Users.TakeEphemeral(_principal!.User))
        {
            membership.PresenceData = frame.DataElement;
            membership.Feed.Requests.Pass(new PresenceRequest(membership.Room, membership.Caller, NoReply.Instance, membership.PresenceData));
        }
    }
}
