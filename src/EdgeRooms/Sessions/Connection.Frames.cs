using EdgeRooms.Cluster;
using EdgeRooms.Protocol;

namespace EdgeRooms.Sessions;

/// <summary>What each client frame does.</summary>
sealed partial class Connection
{
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
