using System.Text.Json;

using EdgeRooms.Client.Docs;

namespace EdgeRooms.Client.Rooms;

/// <summary>A room's state here: what the server told; for a <c>doc</c>, with the events since. Owned by the gate.</summary>
sealed class StateView
{
    /// <summary>Events kept for a <see cref="Document"/> that is asked for late.</summary>
    const int TailMax = 500;

    JsonElement _told;
    Document? _document;
    bool _isKnown;

    /// <summary>Events since the state while there is no document; null where there were too many.</summary>
    List<RoomEvent>? _tail = [];

    /// <summary>Undefined where the server has told none.</summary>
    public JsonElement Value
    {
        get
        {
            if (_document is not null && _told.ValueKind == JsonValueKind.Undefined)
            {
                _told = _document.Read([]);
            }

            return _told;
        }
    }

    /// <summary>The seq of the state.</summary>
    public long Seq { get; private set; }

    /// <summary>Grows with each change.</summary>
    public long Version { get; private set; }

    public bool HasDocument => _document is not null;

    /// <summary>From a <c>joined</c> or <c>reset</c>.</summary>
    public void Start(JsonElement state, long seq)
    {
        _isKnown = true;
        _told = state;
        _tail = [];
        Seq = seq;
        Version++;
        if (_document is not null)
        {
            _document = new Document(state);
        }
    }

    /// <summary>Past events below the state are in it already.</summary>
    public void Fold(RoomEvent next)
    {
        if (next.Seq <= Seq && _isKnown)
        {
            return;
        }

        if (_document is not null)
        {
            Advance(_document, next);
        }
        else if (_tail is { Count: < TailMax })
        {
            _tail.Add(next);
        }
        else
        {
            _tail = null;
        }
    }

    /// <summary>From here on the state follows the events. False where some have passed that are not known any more.</summary>
    public bool TryFollow()
    {
        if (_document is not null)
        {
            return true;
        }

        if (_tail is null)
        {
            return false;
        }

        _document = new Document(_told);
        foreach (var next in _tail)
        {
            Advance(_document, next);
        }

        _tail = [];
        return true;
    }

    public JsonElement Read(string[] tokens) => _document?.Read(tokens) ?? default;

    void Advance(Document document, RoomEvent next)
    {
        document.Apply(next.Name, next.Data);
        _told = default;
        Seq = next.Seq;
        Version++;
    }
}
