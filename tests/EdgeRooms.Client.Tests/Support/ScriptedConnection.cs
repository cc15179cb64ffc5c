using System.Text.Json;

namespace EdgeRooms.Client.Tests.Support;

/// <summary>The server's end of a socket.</summary>
sealed class ScriptedConnection
{
    readonly Dictionary<string, int> _taken = [];

    public ScriptedConnection(MemorySocket socket)
    {
        Socket = socket;
        socket.Sent = text => Frames.Add(JsonElement.Parse(text, new JsonDocumentOptions { MaxDepth = 128 }));
        socket.Closed = code => ClosedWith = code;
    }

    public MemorySocket Socket { get; }

    public List<JsonElement> Frames { get; } = [];

    public int? ClosedWith { get; private set; }

    public void Say(params object[] frames)
    {
        foreach (var frame in frames)
        {
            Socket.Deliver(frame as string ?? JsonSerializer.Serialize(frame));
        }
    }

    /// <summary>The frames of a type that were not taken yet.</summary>
    public List<JsonElement> Take(string type)
    {
        var all = All(type);
        int taken = _taken.GetValueOrDefault(type);
        _taken[type] = all.Count;
        return all[taken..];
    }

    public List<JsonElement> All(string type) => [.. Frames.Where(f => f.Text("type") == type)];

    /// <summary>Welcomes, and answers every join so far.</summary>
    public ScriptedConnection LetIn(object? joined = null, object? welcomed = null)
    {
        Say(Wire.Welcome(welcomed));
        foreach (var join in Take("join"))
        {
            Say(Wire.Joined(join.Text("room")!, Wire.Merge(new { id = join.Number("id") }, joined)));
        }

        return this;
    }

    public void Drop() => Socket.End(1006);
}
