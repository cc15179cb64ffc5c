using System.Text.Json;

namespace EdgeRooms.Client;

/// <summary>Looks at one value of a document after each change of its state. Called one at a time, after turns.</summary>
sealed class DocSubscription : IDisposable
{
    readonly Room _room;
    readonly string _path;
    readonly Action<JsonElement, long> _listener;
    JsonElement? _known;
    volatile bool _isOver;

    public DocSubscription(Room room, string path, Action<JsonElement, long> listener)
    {
        (_room, _path, _listener) = (room, path, listener);
        room.StateChanged += OnState;
        room.Hub.Gate.Run(() => room.Hub.Gate.Afterwards(Look));
    }

    public void Dispose()
    {
        _isOver = true;
        _room.StateChanged -= OnState;
    }

    void OnState(object? sender, EventArgs e) => Look();

    void Look()
    {
        if (_isOver || !_room.Read(m => m.State.IsKnown))
        {
            return;
        }

        var (value, seq) = _room.Read(m => (_room.Doc.Get(_path), m.State.Seq));
        if (_known is { } known && IsSame(known, value))
        {
            return;
        }

        _known = value;
        _listener(value, seq);
    }

    static bool IsSame(JsonElement one, JsonElement other) =>
        one.ValueKind == other.ValueKind && (one.ValueKind == JsonValueKind.Undefined || JsonElement.DeepEquals(one, other));
}
