using EdgeRooms.Diagnostics;
using EdgeRooms.Protocol;
using EdgeRooms.Rooms;
using EdgeRooms.Sessions;

namespace EdgeRooms.Cluster.Links;

/// <summary>What the router at the other end sends.</summary>
sealed partial class RemoteRouter
{
    async Task ReceiveAsync()
    {
        while (await _stream.ReceiveAsync() is { } batch)
        {
            Take(batch);
        }
    }

    void Take(ReadOnlyMemory<byte> batch)
    {
        var messages = new LinkReader(batch);
        while (!messages.IsAtEnd)
        {
            var (type, fields) = messages.Message();
            var from = new LinkReader(fields);
            switch (type)
            {
                case LinkMessage.Request:
                    Post(ref from);
                    break;
                case LinkMessage.Cancel:
                    Cancel(from.Number());
                    break;
                case LinkMessage.Unfollow:
                    Unfollow(from.Room());
                    break;
                case LinkMessage.Reports:
                    TakeReports(ref from);
                    break;
            }
        }
    }

    void Post(ref LinkReader from)
    {
        long id = from.Number();
        var request = RequestCodec.Read(ref from, new RemoteRequester(this, id));
        request.Via = this;
        lock (_lock)
        {
            _open.Add(id, request);
        }

        if (_rooms.Post(request) is { } reply)
        {
            Answer(id, reply);
        }
        else if (request is EphemeralRequest or PresenceRequest or FollowRequest)
        {
            lock (_lock)
            {
                _open.Remove(id);
            }
        }
    }

    void Cancel(long id)
    {
        lock (_lock)
        {
            if (_open.TryGetValue(id, out var request))
            {
                request.IsAbandoned = true;
            }
        }
    }

    void Unfollow(RoomId room)
    {
        lock (_lock)
        {
            _places.Remove(room);
        }

        _rooms.Unfollow(room, this);
    }

    void TakeReports(ref LinkReader from)
    {
        long ask = from.Number();
        var reports = new FeedReport[from.Count()];
        for (int i = 0; i < reports.Length; i++)
        {
            reports[i] = RequestCodec.ReadReport(ref from);
        }

        TaskCompletionSource<IReadOnlyList<FeedReport>>? answer;
        lock (_lock)
        {
            _asked.Remove(ask, out answer);
        }

        answer?.TrySetResult(reports);
    }

    void FailAsked()
    {
        lock (_lock)
        {
            foreach (var answer in _asked.Values)
            {
                answer.TrySetResult([]);
            }

            _asked.Clear();
        }
    }
}
