namespace EdgeRooms.Tests.Live;

/// <summary>What comes, and what is sent because of it.</summary>
sealed partial class LoadClient
{
    void Take(ReadOnlySpan<byte> message)
    {
        lock (_lock)
        {
            foreach (var range in message.Split((byte)'\n'))
            {
                Take(LoadFrame.Parse(message[range]));
            }

            SendNew();
            LookAnswered();
        }
    }

    void Take(in LoadFrame frame)
    {
        switch (frame.Type)
        {
            case "welcome":
                if (_session is not null && _session != frame.Session)
                {
                    Violation($"its own: the session {_session} became {frame.Session}");
                }

                _session = frame.Session;
                break;
            case "goaway":
                _goAwayMs = frame.MaxDelayMs;
                break;
            case "reset":
                Violation($"{frame.Room}: reset to {frame.Seq}: {frame.Text}");
                break;
            case "error" when frame.Cmd == 0:
                Refused(frame.Code);
                Rejoin(frame);
                break;
            case "error":
                if (_rooms[frame.Room!].OnError(frame) is { } wait)
                {
                    _ = WaitAsync(_rooms[frame.Room!], wait); // waits for a time only
                }

                break;
            case "joined":
                _rooms[frame.Room!].OnJoined(frame);
                if (_rooms.Values.All(r => r.Epoch is not null))
                {
                    _joined.TrySetResult();
                }

                break;
            case "event":
                _rooms[frame.Room!].OnEvent(frame);
                break;
            case "ack":
                _rooms[frame.Room!].OnAck(frame);
                break;
        }
    }

    /// <summary>A join that was refused for now.</summary>
    void Rejoin(in LoadFrame frame)
    {
        if (!frame.Retry || frame.Room is null)
        {
            Violation($"{frame.Room}: {frame.Code} {frame.Text}");
            return;
        }

        var room = _rooms[frame.Room];
        string resume = room.Epoch is null ? "" : $",\"epoch\":\"{room.Epoch}\",\"since\":{room.LastSeq}";
        Post($$"""{"type":"join","room":"{{room.Room}}","id":0{{resume}}}""");
    }

    /// <summary>The wait that the server named.</summary>
    async Task WaitAsync(LoadRoom room, TimeSpan wait)
    {
        await Task.Delay(wait);
        lock (_lock)
        {
            room.Waited();
        }
    }

    void SendNew()
    {
        if (_sends)
        {
            foreach (var room in _rooms.Values)
            {
                room.SendNew();
            }
        }
    }

    void LookAnswered()
    {
        if (_answered is { } answered && _rooms.Values.All(r => r.OpenCount == 0))
        {
            answered.TrySetResult();
        }
    }
}
