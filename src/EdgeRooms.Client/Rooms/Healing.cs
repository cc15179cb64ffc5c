using EdgeRooms.Client.Links;
using EdgeRooms.Client.Protocol;

namespace EdgeRooms.Client.Rooms;

/// <summary>
/// Closes a hole that the live link left. The missing events are asked for by <c>history</c> and go the way of live ones, which drops what comes twice; live
/// events beyond the hole are not kept, only their seq, since the pages bring them too.
/// Why not join again: a join of a joined room replays nothing, and a leave before it is seen by everyone. Where <c>history</c> is not granted, fails, or does
/// not go on from our seq (trimmed), a fresh connection resumes by <c>since</c>: the session's member stays in its grace, so nobody notices either. That
/// way always works; it is second because it costs all rooms of the client a reconnect. A page tells no epoch: if the stream is replaced in
/// this moment, the <c>reset</c> behind it puts that right.
/// </summary>
sealed class Healing(Position position, Link link, string room, Action<ServerFrame> onEvent)
{
    const int PageEvents = 500;

    long _target;

    /// <summary>Grows with each stop: an answer to an earlier healing is not heard.</summary>
    int _turn;
    bool _isAsking;

    /// <summary>The room is known to have this seq.</summary>
    public void Sees(long seq)
    {
        _target = Math.Max(_target, seq);
        if (!_isAsking && position.Seq < _target)
        {
            Ask();
        }
    }

    public void Stop()
    {
        _turn++;
        _target = 0;
        _isAsking = false;
    }

    void Ask()
    {
        int turn = _turn;
        long after = position.Seq;
        _isAsking = true;
        link.Request(new ClientFrame("history") { Room = room, After = after, Limit = PageEvents }, answer =>
        {
            if (turn != _turn)
            {
                return;
            }

            _isAsking = false;
            if (answer is { Type: "page" })
            {
                OnPage(answer, after);
            }
            else if (answer is not null)
            {
                link.Restart();
            }
        });
    }

    void OnPage(ServerFrame page, long after)
    {
        int turn = _turn;
        foreach (var frame in page.Events ?? [])
        {
            if (frame.Seq > position.Seq + 1)
            {
                break; // trimmed
            }

            onEvent(frame);
            if (turn != _turn)
            {
                return;
            }
        }

        if (position.Seq >= _target)
        {
            return;
        }

        if (position.Seq > after)
        {
            Ask();
        }
        else
        {
            link.Restart();
        }
    }
}
