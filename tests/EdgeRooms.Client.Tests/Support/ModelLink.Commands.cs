using System.Text.Json;

namespace EdgeRooms.Client.Tests.Support;

/// <summary>The rules for commands: numbers, the gate after a refusal with retry, skips.</summary>
sealed partial class ModelLink
{
    static readonly string[] Retries = ["rate_limited", "overloaded", "unavailable", "over_limit"];

    readonly Dictionary<string, long> _gates = [];

    void Send(long? id, string roomId, long cmd, JsonElement frame)
    {
        var room = _server.RoomOf(roomId);
        var faults = _server.Faults;
        if (!_joined.Contains(roomId))
        {
            Refuse(id, roomId, cmd, "not_joined", retry: false);
            return;
        }

        long gate = _gates.GetValueOrDefault(roomId, long.MaxValue);
        if (cmd > gate)
        {
            Refuse(id, roomId, cmd, "out_of_order", retry: true);
            return;
        }

        if (_server.Happens(faults.Refuse))
        {
            CloseGate(id, roomId, cmd);
            return;
        }

        if (cmd == gate)
        {
            _gates.Remove(roomId);
        }

        if (_server.Happens(faults.Forget))
        {
            room.Forget();
        }

        var ledger = room.LedgerOf(_session);
        if (cmd <= ledger.Top)
        {
            bool isDone = ledger.Done.TryGetValue(cmd, out long doneAt);
            Say(isDone ? Ack(id, roomId, cmd, doneAt, new { dup = true }) : Ack(id, roomId, cmd, room.Events.Count, new { dup = true, refused = true }));
            return;
        }

        ledger.Top = cmd;
        if (_server.Happens(faults.Reject))
        {
            Refuse(id, roomId, cmd, "rejected", retry: false);
            return;
        }

        long seq = room.Events.Count + 1;
        var stored = (seq, frame.Text("name")!, frame.GetProperty("data"), _session, cmd);
        room.Events.Add(stored);
        ledger.Done[cmd] = seq;
        foreach (var link in _server.Links.ToList())
        {
            link.Offer(roomId, stored);
        }

        if (_server.Happens(faults.Lie))
        {
            CloseGate(id, roomId, cmd);
        }
        else
        {
            Say(Ack(id, roomId, cmd, seq, new { }));
        }
    }

    void Skip(long? id, string room, long cmd)
    {
        var ledger = _server.RoomOf(room).LedgerOf(_session);
        ledger.Top = Math.Max(ledger.Top, cmd);
        if (_gates.GetValueOrDefault(room) == cmd)
        {
            _gates.Remove(room);
        }

        Say(ledger.Done.TryGetValue(cmd, out long seq) ? Ack(id, room, cmd, seq, new { dup = true }) : Ack(id, room, cmd, 0, new { skipped = true }));
    }

    /// <summary>Refused with retry: nothing above goes on until it has come again.</summary>
    void CloseGate(long? id, string room, long cmd)
    {
        _gates[room] = Math.Min(cmd, _gates.GetValueOrDefault(room, long.MaxValue));
        Refuse(id, room, cmd, Retries[_server.Random.Next(Retries.Length)], retry: true);
    }

    void Refuse(long? id, string room, long? cmd, string code, bool retry) =>
        Say(Wire.Merge(new { type = "error", id, room, cmd, code, message = "No.", retry }, _server.Happens(0.5) ? new { } : new { retryAfterMs = 30 }));

    static object Ack(long? id, string room, long cmd, long seq, object more) => Wire.Merge(new { type = "ack", id, room, cmd, seq }, more);
}
