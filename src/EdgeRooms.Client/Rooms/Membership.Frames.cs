using System.Text.Json;

using EdgeRooms.Client.Links;
using EdgeRooms.Client.Protocol;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Client.Rooms;

/// <summary>What the server says of the room.</summary>
sealed partial class Membership
{
    public void OnFrame(ServerFrame frame)
    {
        if (!_isJoined)
        {
            return; // of a membership before this one
        }

        switch (frame.Type)
        {
            case "event":
                OnEvent(frame);
                break;
            case "members":
                OnMembers(frame);
                break;
            case "ephemeral":
                var said = new Ephemeral(frame.Name ?? "", frame.Data, frame.By, frame.Member);
                Tell(handle => handle.OnEphemeral(said));
                break;
            case "head":
                _head = frame.Seq;
                _healing.Sees(frame.Seq);
                break;
            case "reset":
                Start(frame, frame.Reason ?? "epoch", history: 0);
                break;
            case "error":
                _hub.Logger.ServerSays(frame.Code, frame.Message);
                TellError(frame.ToException(Id));
                break;
            case "left":
                Close("forbidden", "You are no longer allowed in this room. Bring a token that grants 'join' and open it again.");
                break;
        }
    }

    void OnJoinAnswer(ServerFrame? answer)
    {
        if (_isClosed || answer is null)
        {
            return;
        }

        if (answer.Type == "joined")
        {
            OnJoined(answer);
        }
        else if (answer.Type == "error")
        {
            OnJoinRefused(answer);
        }
    }

    void OnJoined(ServerFrame frame)
    {
        _isJoined = true;
        _joinsRefused = 0;
        Me = frame.Member;
        _head = frame.Seq;
        if (!frame.Recovered || !_position.IsKnown)
        {
            Start(frame, _position.IsKnown ? "missed" : null, _history);
        }

        if (frame.Members is { } members)
        {
            OnMembers(new ServerFrame { Joined = members, All = true });
        }

        _wasLive = true;
        SetStatus();
        Outbox.Open();
        LeaveIfDone();
    }

    void OnJoinRefused(ServerFrame frame)
    {
        if (frame is { Code: "gone", Retry: false } && _joinsRefused++ == 0)
        {
            _hub.RenewSession();
        }
        else if (!frame.Retry)
        {
            Close(frame.Code ?? "internal", frame.Message ?? "The server gave no reason.");
        }
        else
        {
            var wait = frame.RetryAfterMs is { } ms ? TimeSpan.FromMilliseconds(ms) : Backoff.Draw(_joinsRefused++, _hub.Random.NextDouble());
            _timers.Set("join", wait, _ => Join());
        }
    }

    /// <summary>The stream begins, or begins anew for a reason.</summary>
    void Start(ServerFrame frame, string? reason, int history)
    {
        _healing.Stop();
        _position.Start(frame.Epoch, frame.Seq, history);
        _head = frame.Seq;
        if (reason is not null)
        {
            var reset = new RoomReset(reason, frame.Epoch ?? "", frame.Seq);
            foreach (var feed in _feeds)
            {
                feed.Break(reset);
            }

            Tell(handle => handle.OnReset(reset));
        }

        StartState(frame.State, frame.Seq);
    }

    void OnEvent(ServerFrame frame)
    {
        switch (_position.Take(frame.Seq))
        {
            case Place.Gap:
                _healing.Sees(frame.Seq);
                break;
            case Place.Next:
                var next = frame.ToEvent();
                Fold(next);
                foreach (var feed in _feeds)
                {
                    feed.Offer(next);
                }

                break;
        }
    }

    void OnMembers(ServerFrame frame)
    {
        var members = new Dictionary<string, RoomMember>();
        foreach (var member in _members)
        {
            // The whole list comes at a join, and where this reader was so slow that changes were dropped; there without me.
            if (!frame.All || member.Id == Me)
            {
                members[member.Id] = member;
            }
        }

        foreach (var member in (frame.Joined ?? []).Concat(frame.Updated ?? []))
        {
            members[member.Id] = member;
        }

        foreach (var member in frame.Left ?? [])
        {
            members.Remove(member.Id);
        }

        _members = [.. members.Values];
        var told = _members;
        Tell(handle => handle.OnMembers(told));
    }
}
