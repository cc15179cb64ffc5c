using System.Text.Json;

namespace EdgeRooms.Client.Tests.Support;

/// <summary>One connection of a model server. What it hears and says goes in order, each way with a latency of its own; what is under way when it dies is lost.</summary>
sealed partial class ModelLink
{
    const double HeadEveryMs = 2_000;
    const int PageEvents = 7; // so that healing takes several
    static readonly int[] Codes = [1001, 1006, 1006, 1006, 1011, 1012, 4100, 4108, 4200, 4201, 4202, 4500];

    readonly ModelServer _server;
    readonly Action<string> _deliver;
    readonly Action<int> _end;
    readonly HashSet<string> _joined = [];
    readonly Dictionary<string, string> _held = [];
    readonly Queue<Action> _in = [];
    readonly Queue<Action> _out = [];
    readonly long _start;
    string _session = "";
    double _inAt;
    double _outAt;
    bool _isDead;

    public ModelLink(ModelServer server, Action<string> deliver, Action<int> end)
    {
        (_server, _deliver, _end) = (server, deliver, end);
        _start = server.Time.GetTimestamp();
        lock (server.Lock)
        {
            server.Links.Add(this);
        }

        Beat();
    }

    public void Hear(string text) => Later(_in, ref _inAt, () => OnFrame(JsonElement.Parse(text)));

    public void Die()
    {
        lock (_server.Lock)
        {
            _isDead = true;
            _server.Links.Remove(this);
        }
    }

    void OnFrame(JsonElement frame)
    {
        lock (_server.Lock)
        {
            if (_isDead)
            {
                return;
            }

            if (_server.Happens(_server.Faults.Kill))
            {
                Kill();
                return;
            }

            Handle(frame);
            if (_server.Happens(_server.Faults.Kill))
            {
                Kill();
            }
            else if (_server.Happens(_server.Faults.GoAway))
            {
                Say(new { type = "goaway", reason = "drain", minDelayMs = 100, maxDelayMs = 1_000 });
            }
        }
    }

    void Handle(JsonElement frame)
    {
        string room = frame.Text("room") ?? "";
        long? id = frame.Number("id");
        switch (frame.Text("type"))
        {
            case "hello":
                Welcome(frame.Text("session"));
                break;
            case "join":
                Join(id, room, frame.Number("since"));
                break;
            case "send":
                Send(id, room, frame.Number("cmd")!.Value, frame);
                break;
            case "skip":
                Skip(id, room, frame.Number("cmd")!.Value);
                break;
            case "ping":
                Say(new { type = "pong" });
                break;
            case "leave":
                _joined.Remove(room);
                Say(new { type = "left", id, room });
                break;
            case "history":
                var events = _server.RoomOf(room).Events;
                int after = (int)frame.Number("after")!.Value;
                Say(new { type = "page", id, room, events = events.Skip(after).Take(PageEvents).Select(e => Event(room, e)), more = after + PageEvents < events.Count });
                break;
        }
    }

    void Welcome(string? session)
    {
        if (session is not null && _server.Happens(_server.Faults.Gone))
        {
            Say(new { type = "error", code = "gone", message = "Over.", retry = false });
            session = null;
        }

        _session = session ?? $"s{++_server.Sessions}";
        foreach (var other in _server.Links.Where(l => l != this && l._session == _session).ToList())
        {
            other.Kill(4005);
        }

        Say(new { type = "welcome", session = _session, user = "ada", node = "model", pingMs = HeadEveryMs, commandsPerSecond = 1_000, commandBurst = 1_000 });
    }

    void Join(long? id, string room, long? since)
    {
        if (_server.Happens(_server.Faults.Refuse))
        {
            Refuse(id, room, null, "unavailable", retry: true);
            return;
        }

        var events = _server.RoomOf(room).Events;
        bool recovered = since is { } from && from <= events.Count;
        _joined.Add(room);
        Say(new { type = "joined", id, room, epoch = "1", seq = events.Count, recovered, member = $"m-{_session}", members = Array.Empty<object>(), state = events.Select(e => e.Name) });
        foreach (var e in recovered ? events.Skip((int)since!.Value) : [])
        {
            Offer(room, e);
        }
    }

    static object Event(string room, (long Seq, string Name, JsonElement Data, string Session, long Cmd) e) =>
        new { type = "event", room, seq = e.Seq, name = e.Name, data = e.Data, by = "ada", member = $"m-{e.Session}", cmd = e.Cmd, at = 1 };

    void Offer(string room, (long Seq, string Name, JsonElement Data, string Session, long Cmd) e)
    {
        if (!_joined.Contains(room) || _server.Happens(_server.Faults.Lose))
        {
            return;
        }

        string frame = JsonSerializer.Serialize(Event(room, e));
        bool isHeld = _held.Remove(room, out string? before);
        if (!isHeld && _server.Happens(_server.Faults.Overtake))
        {
            _held[room] = frame;
            return;
        }

        Say(frame);
        if (_server.Happens(_server.Faults.Double))
        {
            Say(frame);
        }

        if (before is not null)
        {
            Say(before);
        }
    }

    void Beat() => _server.After(HeadEveryMs, () =>
    {
        lock (_server.Lock)
        {
            if (_isDead)
            {
                return;
            }

            foreach (string room in _joined)
            {
                Say(new { type = "head", room, seq = _server.RoomOf(room).Events.Count });
            }
        }

        Beat();
    });

    void Say(object frame)
    {
        string text = frame as string ?? JsonSerializer.Serialize(frame);
        Later(_out, ref _outAt, () => _deliver(text));
        if (_server.Happens(_server.Faults.Double) && text.Contains("\"id\":", StringComparison.Ordinal))
        {
            Later(_out, ref _outAt, () => _deliver(text));
        }
    }

    /// <summary>Timers that are due together may run in any order: each takes what is first in its queue.</summary>
    void Later(Queue<Action> queue, ref double last, Action act)
    {
        lock (_server.Lock)
        {
            double now = _server.Time.GetElapsedTime(_start).TotalMilliseconds;
            last = Math.Max(last, now + (_server.Random.NextDouble() * _server.LatencyMs));
            queue.Enqueue(act);
            _server.After(last - now, () => Next(queue));
        }
    }

    void Next(Queue<Action> queue)
    {
        lock (_server.Lock)
        {
            if (_isDead)
            {
                return;
            }

            queue.Dequeue()();
        }
    }

    void Kill(int? code = null)
    {
        if (_isDead)
        {
            return;
        }

        _server.Kills++;
        Die();
        int chosen = code ?? Codes[_server.Random.Next(Codes.Length)];
        _server.After(1, () => _end(chosen));
    }
}
