using EdgeRooms.Events;

namespace EdgeRooms.Postgres;

/// <summary>One pass over a stream's events in order: no gap, no command twice, no session's commands out of order.</summary>
sealed class StreamWalk(string stream, long version, Action<string> report)
{
    readonly Dictionary<string, long> _cmds = [];
    long _last;
    long _lastSeqId;
    EventHeaders? _previous;

    public string Stream => stream;

    public void Step(long at, long seqId, ReadOnlyMemory<byte> headers)
    {
        // The first one that is kept may be any: older ones are trimmed.
        if (_last > 0 && at != _last + 1)
        {
            report($"{stream}: version {at} follows {_last}");
        }

        if (seqId <= _lastSeqId)
        {
            report($"{stream}: seq_id {seqId} of version {at} is not above {_lastSeqId}");
        }

        (_last, _lastSeqId) = (at, seqId);
        try
        {
            CheckTurn(at, EventHeadersJson.Read(headers));
        }
        catch (Exception e) when (e is FormatException or System.Text.Json.JsonException or InvalidOperationException)
        {
            report($"{stream}: the headers of version {at} do not parse: {e.Message}");
        }
    }

    public void End()
    {
        if (_last > 0 && _last != version)
        {
            report($"{stream}: ends at version {_last}, its row says {version}");
        }
    }

    void CheckTurn(long at, EventHeaders headers)
    {
        var previous = _previous;
        _previous = headers;
        if (headers is not { Session: { } session, Cmd: { } cmd })
        {
            return;
        }

        // The effects stand on a turn's last event only, so what follows them is another turn even of the same number.
        bool sameTurn = previous is { Effects: null } && previous.Session == session && previous.Cmd == cmd;
        if (!sameTurn && _cmds.TryGetValue(session, out long last) && cmd <= last)
        {
            report(cmd == last
                ? $"{stream}: version {at} is command {cmd} of session {session} a second time"
                : $"{stream}: version {at} is command {cmd} of session {session}, after its {last}");
        }

        _cmds[session] = Math.Max(cmd, _cmds.GetValueOrDefault(session));
    }
}
